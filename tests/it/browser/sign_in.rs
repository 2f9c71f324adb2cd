//! Requesting a link, and opening it.

use std::time::Duration;

use serde_json::json;

use super::driver::{Browser, Kind, is_installed};
use super::site::Site;

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

both_kinds! {
    a_person_signs_in_with_a_link,
    an_invalid_address_is_reported_beside_its_field,
    a_double_click_on_the_landing_page_signs_in,
    the_sign_in_page_shows_that_an_email_is_awaited,
    the_password_page_leads_back_to_the_link,
}

/// Fills in the form and sends it.
async fn ask(browser: &Browser, email: &str) {
    browser.fill("#email", email).await;
    browser.press("main form button[type=submit]").await;
}

async fn a_person_signs_in_with_a_link(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    browser.goto(&site.url("/sign-in?next=%2Fprofile")).await.unwrap();
    ask(&browser, ANN).await;
    browser.read("We're sending an email to ann@example.org").await;
    let expected = if kind == Kind::Usual { "/sign-in" } else { "/check-inbox" };
    assert_eq!(browser.path().await, expected);
    let letter = site.letter(ANN).await;
    browser.goto(&letter.link).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.read("You asked to sign in as ann@example.org").await;
        browser.press("main form button[type=submit]").await;
    }
    browser.arrive("/profile").await;
    browser.read("Email address confirmed. Welcome!").await;
    browser.read(ANN).await;
    // A used link leads on where its session is alive, and the notice is shown once.
    browser.goto(&letter.link).await.unwrap();
    browser.arrive("/profile").await;
    assert!(!browser.text().await.contains("Welcome!"));
}

async fn an_invalid_address_is_reported_beside_its_field(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    browser.goto(&site.url("/sign-in?next=%2Fprofile")).await.unwrap();
    // Valid for the browser, but not for us.
    ask(&browser, "ann@example").await;
    browser.see("#email[aria-invalid][aria-describedby=email-error]").await;
    browser.see("#email-field #email-error[role=alert]").await;
    assert_eq!(browser.typed("#email").await, "ann@example");
    browser.focus_is_on("email").await;
    let colours = "const [field, error] = ['email', 'email-error'].map((id) => document.getElementById(id)); \
                   return getComputedStyle(field).borderColor === getComputedStyle(error).color";
    assert_eq!(browser.run(colours).await, true, "a wrong field that has the focus is red");
    // It is corrected on the same page, and `next` is kept.
    ask(&browser, ANN).await;
    browser.read("We're sending an email to ann@example.org").await;
    browser.goto(&site.letter(ANN).await.link).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.press("main form button[type=submit]").await;
    }
    browser.arrive("/profile").await;
}

#[tokio::test]
async fn requesting_again_at_once_shows_where_to_wait() {
    if !is_installed() {
        return;
    }
    let (site, clock) = Site::start_by_hand().await;
    let browser = Browser::open(Kind::Usual).await;
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press_twice("main form button[type=submit]").await;
    browser.see("#result #code").await;
    browser.press("#change").await;
    // Later than a second click could be.
    clock.advance(Duration::from_secs(10));
    browser.press("main form button[type=submit]").await;
    browser.see("#result #told .error").await;
    browser.see("#result #code").await;
    site.letter(ANN).await;
}

/// With the keyboard only: the focus is always where a person goes on.
#[tokio::test]
async fn the_answer_takes_the_place_of_the_form_and_gives_it_back() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/sign-in?next=%2Fprofile")).await.unwrap();
    browser.focus_is_on("email").await;
    browser.keys(ANN).await;
    browser.keys(ENTER).await;
    browser.focus_is_on("code").await;
    browser.read("We're sending an email to ann@example.org · Change").await;
    browser.see("#ask[hidden]").await;
    assert_eq!(browser.count("#result[role=status][aria-live=polite] h1").await, 1);
    assert_eq!(browser.title().await.unwrap(), "Check your inbox · Gatepost");
    site.letter(ANN).await;
    browser.see("#change").await.send_keys(ENTER).await.unwrap();
    browser.focus_is_on("email").await;
    assert_eq!(browser.title().await.unwrap(), "Sign in · Gatepost");
    assert_eq!(browser.typed("#email").await, ANN);
    assert_eq!(browser.count("#result *").await, 0);
    // The address is selected: what is entered now takes its place.
    browser.keys(BOB).await;
    browser.keys(TAB).await;
    browser.keys(ENTER).await;
    browser.focus_is_on("code").await;
    browser.keys(&site.letter(BOB).await.code).await;
    browser.arrive("/profile").await;
}

async fn the_sign_in_page_shows_that_an_email_is_awaited(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    assert_eq!(browser.count(".waits").await, 0);
    ask(&browser, ANN).await;
    browser.see("#code").await;
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.read("We sent an email to ann@example.org. Enter its code").await;
    browser.press(".waits a").await;
    browser.arrive("/check-inbox").await;
    browser.enter_code(&site.letter(ANN).await.code).await;
    browser.arrive("/").await;
}

async fn the_password_page_leads_back_to_the_link(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    let carried = if kind == Kind::Usual { ANN } else { "" };
    browser.goto(&site.url("/sign-in?next=%2Fprofile")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("a[href^='/sign-in/password']").await;
    browser.arrive("/sign-in/password").await;
    assert_eq!(browser.typed("#email").await, carried);
    browser.focus_is_on(if kind == Kind::Usual { "password" } else { "email" }).await;
    assert_eq!(browser.count("a[href^='/forgot-password?next=']").await, 1);
    assert_eq!(browser.current_url().await.unwrap().fragment(), None);
    browser.press("#password-form a[href^='/sign-in?']").await;
    browser.arrive("/sign-in").await;
    assert_eq!(browser.typed("#email").await, carried);
    // `next` came along.
    ask(&browser, ANN).await;
    browser.see("#code").await;
    browser.enter_code(&site.letter(ANN).await.code).await;
    browser.arrive("/profile").await;
}

async fn a_double_click_on_the_landing_page_signs_in(kind: Kind) {
    let (site, asker) = (Site::start().await, Browser::open(Kind::WithoutScripts).await);
    asker.goto(&site.url("/sign-in")).await.unwrap();
    ask(&asker, ANN).await;
    asker.arrive("/check-inbox").await;
    let letter = site.letter(ANN).await;
    // With scripts the requester's page goes on by itself, so the second browser has the button.
    let browser = if kind == Kind::Usual { Browser::open(kind).await } else { asker };
    browser.goto(&letter.link).await.unwrap();
    if kind == Kind::Usual {
        browser.press("#confirm").await;
    }
    browser.press_twice("main form button[type=submit]").await;
    browser.arrive("/").await;
    browser.read("You're signed in as ann@example.org").await;
}

#[tokio::test]
async fn a_link_opened_in_the_background_waits_until_someone_looks() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    ask(&browser, ANN).await;
    browser.see("#result #code").await;
    let letter = site.letter(ANN).await;
    let hide = "Object.defineProperty(document, 'visibilityState', \
                { get: () => window.someoneLooks ? 'visible' : 'hidden' })";
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": hide })).await;
    browser.goto(&letter.link).await.unwrap();
    browser.rest().await;
    browser.read("You asked to sign in as ann@example.org").await;
    assert!(browser.path().await.starts_with("/link/"));
    browser.run("someoneLooks = true; document.dispatchEvent(new Event('visibilitychange'))").await;
    browser.arrive("/").await;
}
