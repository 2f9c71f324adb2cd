//! Between registering and confirming: what such a browser can do, and where it is led.

use std::time::Duration;

use super::driver::{Browser, Kind};
use super::registration::{ANN, PASSWORD, register, sign_in};
use super::site::Site;

both_kinds! {
    an_unconfirmed_password_leads_only_to_the_waiting_page,
    another_email_is_sent_and_the_notice_shown_once,
    another_address_can_be_registered,
    guarded_pages_lead_an_unconfirmed_browser_to_confirm,
    a_signed_in_browser_is_led_past_the_forms,
    the_navigation_shows_what_a_visitor_can_do,
}

async fn an_unconfirmed_password_leads_only_to_the_waiting_page(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    register(&browser, &site.url("/register?next=%2Fprofile")).await;
    let letter = site.letter(ANN).await;
    // In another browser too: anyone who knows the password has the request from then on.
    let other = Browser::open(kind).await;
    for browser in [&browser, &other] {
        sign_in(browser, &site, PASSWORD).await;
        browser.arrive("/unconfirmed").await;
        browser.read("Please confirm your email address first.").await;
        browser.refresh().await.unwrap();
        browser.read("Confirm your email address").await;
        assert!(!browser.text().await.contains("address first"), "a notice is shown once");
    }
    other.enter_code(&letter.code).await;
    other.arrive("/profile").await;
    other.read("Email address confirmed. Welcome!").await;
}

async fn another_email_is_sent_and_the_notice_shown_once(kind: Kind) {
    let ((site, clock), browser) = (Site::start_by_hand().await, Browser::open(kind).await);
    register(&browser, &site.url("/register")).await;
    let first = site.letter(ANN).await;
    if kind == Kind::WithoutScripts {
        browser.press("#resend").await;
        browser.read("You can ask for another in 30 seconds.").await;
    }
    clock.advance(Duration::from_secs(30));
    browser.see("#resend:not([aria-disabled])").await;
    browser.press("#resend").await;
    browser.read("A new confirmation email has been sent.").await;
    let second = site.letter(ANN).await;
    assert_eq!(second.code, first.code, "every email of a request works");
    clock.advance(Duration::from_secs(7));
    if kind == Kind::Usual {
        // The page looks again by itself, and the notice stays.
        browser.see("#resend[data-wait='23']").await;
        browser.see("#told[role=status]").await;
        browser.read("A new confirmation email has been sent.").await;
    }
    browser.refresh().await.unwrap();
    browser.see("#resend[data-wait='23']").await;
    if kind == Kind::WithoutScripts {
        browser.read("You can send another in 23 seconds.").await;
    }
    assert!(!browser.text().await.contains("has been sent"), "a notice is shown once");
    // Someone who comes back later does not read that the email is still being sent.
    clock.advance(Duration::from_hours(1));
    browser.refresh().await.unwrap();
    browser.read("We sent an email to ann@example.org").await;
    browser.enter_code(&second.code).await;
    browser.arrive("/").await;
}

async fn another_address_can_be_registered(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    register(&browser, &site.url("/register?next=%2Fprofile")).await;
    site.letter(ANN).await;
    browser.press("#change").await;
    browser.arrive("/register").await;
    browser.fill("#email", "bob@example.org").await;
    browser.fill("#password", PASSWORD).await;
    browser.press("#register-form button[type=submit]").await;
    browser.arrive("/unconfirmed").await;
    browser.read("We're sending an email to bob@example.org").await;
    browser.enter_code(&site.letter("bob@example.org").await.code).await;
    browser.arrive("/profile").await;
    browser.read("bob@example.org").await;
}

async fn guarded_pages_lead_an_unconfirmed_browser_to_confirm(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    for guarded in ["/unconfirmed", "/check-inbox", "/profile", "/"] {
        browser.goto(&site.url(guarded)).await.unwrap();
        assert_eq!(browser.path().await, "/sign-in", "{guarded} without a request");
    }
    register(&browser, &site.url("/register")).await;
    site.letter(ANN).await;
    for guarded in ["/profile", "/"] {
        browser.goto(&site.url(guarded)).await.unwrap();
        assert_eq!(browser.path().await, "/unconfirmed", "{guarded} unconfirmed");
        browser.read("Confirm your email address").await;
    }
    // The gate locks no one in: someone else may want to sign in here.
    for open in ["/sign-in", "/register"] {
        browser.goto(&site.url(open)).await.unwrap();
        assert_eq!(browser.path().await, open);
    }
}

async fn a_signed_in_browser_is_led_past_the_forms(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    register(&browser, &site.url("/register")).await;
    browser.enter_code(&site.letter(ANN).await.code).await;
    browser.arrive("/").await;
    for form in ["/unconfirmed", "/check-inbox", "/register", "/sign-in", "/sign-in/password"] {
        browser.goto(&site.url(form)).await.unwrap();
        assert_eq!(browser.path().await, "/", "{form}");
        browser.goto(&site.url(&format!("{form}?next=%2Fprofile"))).await.unwrap();
        assert_eq!(browser.path().await, "/profile", "{form} with next");
    }
}

async fn the_navigation_shows_what_a_visitor_can_do(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    let shown = || async {
        let nav = browser.see("nav").await.text().await.unwrap();
        nav.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    browser.goto(&site.url("/register")).await.unwrap();
    assert_eq!(shown().await, "Sign in Register");
    register(&browser, &site.url("/register")).await;
    assert_eq!(shown().await, "Check your inbox Sign in Register");
    browser.enter_code(&site.letter(ANN).await.code).await;
    browser.arrive("/").await;
    browser.read("You're signed in as").await;
    assert_eq!(shown().await, "Account Sign out");
}
