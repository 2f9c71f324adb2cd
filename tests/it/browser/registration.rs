//! Registering with a password, and confirming the email address: here, elsewhere, or with the code.

use super::driver::{Browser, Kind, is_installed};
use super::site::{Letter, Site};

pub(super) const ANN: &str = "ann@example.org";
pub(super) const PASSWORD: &str = "four words on paper";
const OTHER_PASSWORD: &str = "chosen in another place";

both_kinds! {
    a_link_opened_in_the_same_browser_confirms_and_signs_in,
    a_code_entered_in_the_same_browser_confirms_and_signs_in,
    another_browser_chooses_its_own_password,
    another_browser_continues_without_a_password,
    a_weak_password_is_reported_beside_its_field,
    a_known_address_signs_in_and_keeps_its_password,
    a_wrong_password_is_reported_beside_its_field,
}

/// Fills in the form and sends it.
pub(super) async fn register(browser: &Browser, url: &str) {
    browser.goto(url).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.fill("#password", PASSWORD).await;
    browser.press("#register-form button[type=submit]").await;
    browser.arrive("/unconfirmed").await;
    browser.see("#code").await;
}

/// Opens the link where it was requested. Without scripts there is a button to press.
async fn follow(browser: &Browser, kind: Kind, letter: &Letter) {
    browser.goto(&letter.link).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.press("main form button[type=submit]").await;
    }
}

/// Signs in with a password.
pub(super) async fn sign_in(browser: &Browser, site: &Site, password: &str) {
    browser.goto(&site.url("/sign-in/password")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.fill("#password", password).await;
    browser.press("#password-form button[type=submit]").await;
}

async fn a_link_opened_in_the_same_browser_confirms_and_signs_in(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    register(&browser, &site.url("/register?next=%2Fprofile")).await;
    browser.read("We're sending an email to ann@example.org").await;
    let letter = site.letter(ANN).await;
    browser.goto(&letter.link).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.read("You registered with ann@example.org.").await;
        browser.press("main form button[type=submit]").await;
    }
    browser.arrive("/profile").await;
    browser.read("Email address confirmed. Welcome!").await;
    browser.goto(&letter.link).await.unwrap();
    browser.arrive("/profile").await;
    browser.read("Your account").await;
    assert!(!browser.text().await.contains("Welcome!"), "a notice is shown once");
    // The password entered at registration signs in from now on.
    browser.press("nav form button").await;
    browser.read("You're signed out.").await;
    sign_in(&browser, &site, PASSWORD).await;
    browser.arrive("/").await;
    browser.read("Signed in with your password").await;
}

async fn a_code_entered_in_the_same_browser_confirms_and_signs_in(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    register(&browser, &site.url("/register?next=%2Fprofile")).await;
    let letter = site.letter(ANN).await;
    let wrong = if letter.code == "000000" { "000001" } else { "000000" };
    browser.enter_code(wrong).await;
    browser.see("#code[aria-invalid][aria-describedby=code-error]").await;
    browser.enter_code(&letter.code).await;
    browser.arrive("/profile").await;
    browser.read("Email address confirmed. Welcome!").await;
    browser.read("Signed in with an emailed code").await;
}

async fn another_browser_chooses_its_own_password(kind: Kind) {
    let (site, asker) = (Site::start().await, Browser::open(kind).await);
    register(&asker, &site.url("/register?next=%2Fprofile")).await;
    let letter = site.letter(ANN).await;
    let other = Browser::open(kind).await;
    other.goto(&letter.link).await.unwrap();
    other.read("You opened this link in a different browser from the one you started in.").await;
    other.fill("#password", "too short").await;
    other.press("#confirm").await;
    other.press("main form button[type=submit]").await;
    other.see("#password[aria-invalid][aria-describedby=password-error]").await;
    other.read("Use at least 12 characters.").await;
    other.see("#confirm:checked").await;
    assert_eq!(other.typed("#password").await, "");
    // A refusal uses nothing up, and a stranger's `next` leads no one.
    other.fill("#password", OTHER_PASSWORD).await;
    other.press("main form button[type=submit]").await;
    other.arrive("/").await;
    other.read("Email address confirmed. Welcome!").await;
    // Its own password was dropped, but looks as before.
    sign_in(&asker, &site, PASSWORD).await;
    asker.arrive("/unconfirmed").await;
    sign_in(&asker, &site, OTHER_PASSWORD).await;
    asker.arrive("/").await;
    asker.read("You're signed in as ann@example.org").await;
}

async fn another_browser_continues_without_a_password(kind: Kind) {
    let (site, asker) = (Site::start().await, Browser::open(kind).await);
    register(&asker, &site.url("/register")).await;
    let letter = site.letter(ANN).await;
    let other = Browser::open(kind).await;
    other.goto(&letter.link).await.unwrap();
    // The code, for continuing where the registration began, is folded away.
    assert!(!other.text().await.contains(&letter.code));
    other.press("summary").await;
    other.read(&letter.code).await;
    other.press("main form button[type=submit]").await;
    other.see("#confirm:invalid").await;
    other.press("#confirm").await;
    other.press("main form button[type=submit]").await;
    other.arrive("/").await;
    other.goto(&site.url("/profile")).await.unwrap();
    other.read("No password. You sign in by email.").await;
    sign_in(&asker, &site, PASSWORD).await;
    asker.arrive("/unconfirmed").await;
}

async fn a_weak_password_is_reported_beside_its_field(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    browser.goto(&site.url("/register?next=%2Fprofile")).await.unwrap();
    browser.see("#password[aria-describedby=password-hint]").await;
    for (password, why) in [
        ("too short", "Use at least 12 characters."),
        ("qwerty123456", "Too many people use this password"),
        ("ann@example.org", "This password is mostly your email address"),
    ] {
        browser.fill("#email", ANN).await;
        browser.fill("#password", password).await;
        browser.press("#register-form button[type=submit]").await;
        browser.read(why).await;
        browser.see("#password[aria-invalid][aria-describedby=password-error]").await;
        assert_eq!(
            (browser.typed("#email").await, browser.typed("#password").await),
            (ANN.into(), String::new())
        );
        assert_eq!(
            browser.focused().await.as_deref(),
            Some("password"),
            "the field to correct has the focus"
        );
    }
    assert_eq!(browser.path().await, "/register");
    browser.fill("#password", PASSWORD).await;
    browser.press("#register-form button[type=submit]").await;
    browser.arrive("/unconfirmed").await;
    // `next` is kept through every refusal.
    follow(&browser, kind, &site.letter(ANN).await).await;
    browser.arrive("/profile").await;
}

async fn a_known_address_signs_in_and_keeps_its_password(kind: Kind) {
    let (site, first) = (Site::start().await, Browser::open(kind).await);
    register(&first, &site.url("/register")).await;
    follow(&first, kind, &site.letter(ANN).await).await;
    first.arrive("/").await;
    let again = Browser::open(kind).await;
    again.goto(&site.url("/register")).await.unwrap();
    again.fill("#email", ANN).await;
    again.fill("#password", OTHER_PASSWORD).await;
    again.press("#register-form button[type=submit]").await;
    again.arrive("/unconfirmed").await;
    // Only the email reveals that there is an account; nothing on the page does.
    again.read("We're sending an email to ann@example.org").await;
    let letter = site.letter(ANN).await;
    again.goto(&letter.link).await.unwrap();
    if kind == Kind::WithoutScripts {
        again.read("You already have an account").await;
        again.press("main form button[type=submit]").await;
    }
    again.arrive("/").await;
    again.read("You already had an account, and its password hasn't changed.").await;
    again.press("nav form button").await;
    again.read("You're signed out.").await;
    sign_in(&again, &site, OTHER_PASSWORD).await;
    again.read("That email address and password don't match.").await;
    sign_in(&again, &site, PASSWORD).await;
    again.arrive("/").await;
}

#[tokio::test]
async fn a_password_can_be_shown_while_it_is_entered() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/register")).await.unwrap();
    browser.fill("#password", "too short").await;
    let kind = || async { browser.see("#password").await.attr("type").await.unwrap().unwrap() };
    browser.press(".show[aria-label='Show password'][aria-controls=password][aria-pressed=false]").await;
    browser.see(".show[aria-pressed=true]").await;
    assert_eq!(kind().await, "text");
    browser.press(".show").await;
    browser.see(".show[aria-pressed=false]").await;
    assert_eq!((kind().await, browser.typed("#password").await), ("password".into(), "too short".into()));
    // The form that comes back with an error has the button too.
    browser.fill("#email", ANN).await;
    browser.press("#register-form button[type=submit]").await;
    browser.see("#password[aria-invalid] + .show").await;
}

async fn a_wrong_password_is_reported_beside_its_field(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    sign_in(&browser, &site, PASSWORD).await;
    browser.see("#password[aria-invalid][aria-describedby=password-error]").await;
    assert_eq!(browser.path().await, "/sign-in/password");
    browser.see("#password-error[role=alert]").await;
    browser.read("That email address and password don't match.").await;
    assert_eq!(
        (browser.typed("#email").await, browser.typed("#password").await),
        (ANN.into(), String::new())
    );
    assert_eq!(browser.focused().await.as_deref(), Some("password"));
}

#[tokio::test]
async fn registering_violates_no_security_policy() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    sign_in(&browser, &site, PASSWORD).await;
    browser.see("#password-error").await;
    browser.goto(&site.url("/register")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.fill("#password", "too short").await;
    browser.press("#register-form button[type=submit]").await;
    browser.see("#password-error").await;
    register(&browser, &site.url("/register")).await;
    let letter = site.letter(ANN).await;
    let other = Browser::open(Kind::Usual).await;
    other.goto(&letter.link).await.unwrap();
    other.see("#password").await;
    other.rest().await;
    assert_eq!(other.complaints().await, Vec::<String>::new());
    browser.goto(&letter.link).await.unwrap();
    browser.arrive("/").await;
    browser.rest().await;
    let complaints = browser.complaints().await;
    // The two refusals are logged too, which shows that the log works.
    let is_refusal = |line: &String| line.contains("401") || line.contains("422");
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    assert!(complaints.iter().all(is_refusal), "{complaints:?}");
}
