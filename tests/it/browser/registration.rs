//! Registering with a password, and confirming the address: here, elsewhere, by the code.

use super::driver::{Browser, Kind, is_installed};
use super::site::{Letter, Site};

pub(super) const ANN: &str = "ann@example.org";
pub(super) const PASSWORD: &str = "four words on paper";
const OTHER_PASSWORD: &str = "chosen in another place";

both_kinds! {
    a_click_in_the_same_browser_confirms_and_signs_in,
    the_code_typed_where_it_was_registered_confirms_and_signs_in,
    another_browser_chooses_a_password_of_its_own,
    another_browser_goes_on_without_a_password,
    a_weak_password_is_told_beside_its_field,
    a_known_address_is_signed_in_and_keeps_its_password,
    a_wrong_password_is_told_beside_its_field,
}

/// Fills in the form and sends it.
pub(super) async fn register(browser: &Browser, url: &str) {
    browser.goto(url).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.fill("#password", PASSWORD).await;
    browser.press("#register-form button").await;
    browser.arrive("/unconfirmed").await;
    browser.see("#code").await;
}

/// Opens the link where it was asked for. Without scripts there is a button to press.
async fn follow(browser: &Browser, kind: Kind, letter: &Letter) {
    browser.goto(&letter.link).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.press("main form button").await;
    }
}

/// Unfolds the second form of the sign-in page and sends it.
pub(super) async fn sign_in(browser: &Browser, site: &Site, password: &str) {
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.press("#by-password summary").await;
    browser.fill("#account", ANN).await;
    browser.fill("#password", password).await;
    browser.press("#password-form button").await;
}

async fn a_click_in_the_same_browser_confirms_and_signs_in(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    register(&browser, &site.url("/register?next=%2Fprofile")).await;
    browser.read("A letter is on its way to ann@example.org").await;
    let letter = site.letter(ANN).await;
    browser.goto(&letter.link).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.read("You registered ann@example.org.").await;
        browser.press("main form button").await;
    }
    browser.arrive("/profile").await;
    browser.read("Email address confirmed. Welcome!").await;
    browser.goto(&letter.link).await.unwrap();
    browser.arrive("/profile").await;
    browser.read("Profile").await;
    assert!(!browser.text().await.contains("Welcome!"), "a notice is told once");
    // The password that was typed is the one that signs in from now on.
    browser.press("nav form button").await;
    browser.read("You're signed out.").await;
    sign_in(&browser, &site, PASSWORD).await;
    browser.arrive("/").await;
    browser.read("By your password").await;
}

async fn the_code_typed_where_it_was_registered_confirms_and_signs_in(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    register(&browser, &site.url("/register?next=%2Fprofile")).await;
    let letter = site.letter(ANN).await;
    let wrong = if letter.code == "000000" { "000001" } else { "000000" };
    browser.fill("#code", wrong).await;
    browser.press("#code-form button").await;
    browser.see("#code[aria-invalid]").await;
    browser.read("That is not the code of the last letter").await;
    browser.fill("#code", &letter.code).await;
    browser.press("#code-form button").await;
    browser.arrive("/profile").await;
    browser.read("Email address confirmed. Welcome!").await;
    browser.read("By the code of a letter").await;
}

async fn another_browser_chooses_a_password_of_its_own(kind: Kind) {
    let (site, asker) = (Site::start().await, Browser::open(kind).await);
    register(&asker, &site.url("/register?next=%2Fprofile")).await;
    let letter = site.letter(ANN).await;
    let other = Browser::open(kind).await;
    other.goto(&letter.link).await.unwrap();
    other.read("Somebody registered ann@example.org with us, but not in this browser.").await;
    other.fill("#password", "too short").await;
    other.press("#confirm").await;
    other.press("main form button").await;
    other.see("#password[aria-invalid][aria-describedby=password-error]").await;
    other.read("A password needs at least 12 characters.").await;
    other.see("#confirm:checked").await;
    assert_eq!(other.typed("#password").await, "");
    // A refusal burns nothing, and a stranger's `next` leads nobody.
    other.fill("#password", OTHER_PASSWORD).await;
    other.press("main form button").await;
    other.arrive("/").await;
    other.read("Email address confirmed. Welcome!").await;
    sign_in(&asker, &site, PASSWORD).await;
    asker.read("That email address and password don't match.").await;
    sign_in(&asker, &site, OTHER_PASSWORD).await;
    asker.arrive("/").await;
    asker.read("You're signed in as ann@example.org").await;
}

async fn another_browser_goes_on_without_a_password(kind: Kind) {
    let (site, asker) = (Site::start().await, Browser::open(kind).await);
    register(&asker, &site.url("/register")).await;
    let letter = site.letter(ANN).await;
    let other = Browser::open(kind).await;
    other.goto(&letter.link).await.unwrap();
    // The code, for who wants to go on where it was registered, is folded away.
    assert!(!other.text().await.contains(&letter.code));
    other.press("summary").await;
    other.read(&letter.code).await;
    other.press("main form button").await;
    other.see("#confirm:invalid").await;
    other.press("#confirm").await;
    other.press("main form button").await;
    other.arrive("/").await;
    other.goto(&site.url("/profile")).await.unwrap();
    other.read("None: you sign in by mail").await;
    sign_in(&asker, &site, PASSWORD).await;
    asker.read("That email address and password don't match.").await;
}

async fn a_weak_password_is_told_beside_its_field(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    browser.goto(&site.url("/register?next=%2Fprofile")).await.unwrap();
    browser.see("#password[aria-describedby=password-hint]").await;
    for (password, why) in [
        ("too short", "A password needs at least 12 characters."),
        ("qwerty123456", "Many people use this password"),
        ("ann@example.org", "This password is mostly your address"),
    ] {
        browser.fill("#email", ANN).await;
        browser.fill("#password", password).await;
        browser.press("#register-form button").await;
        browser.read(why).await;
        browser.see("#password[aria-invalid][aria-describedby=password-error]").await;
        assert_eq!(
            (browser.typed("#email").await, browser.typed("#password").await),
            (ANN.into(), String::new())
        );
        assert_eq!(browser.focused().await.as_deref(), Some("password"), "where it goes on");
    }
    assert_eq!(browser.path().await, "/register");
    browser.fill("#password", PASSWORD).await;
    browser.press("#register-form button").await;
    browser.arrive("/unconfirmed").await;
    // `next` went along through every refusal.
    follow(&browser, kind, &site.letter(ANN).await).await;
    browser.arrive("/profile").await;
}

async fn a_known_address_is_signed_in_and_keeps_its_password(kind: Kind) {
    let (site, first) = (Site::start().await, Browser::open(kind).await);
    register(&first, &site.url("/register")).await;
    follow(&first, kind, &site.letter(ANN).await).await;
    first.arrive("/").await;
    let again = Browser::open(kind).await;
    again.goto(&site.url("/register")).await.unwrap();
    again.fill("#email", ANN).await;
    again.fill("#password", OTHER_PASSWORD).await;
    again.press("#register-form button").await;
    again.arrive("/unconfirmed").await;
    // Nothing on the page tells that there is an account: only the letter does.
    again.read("A letter is on its way to ann@example.org").await;
    let letter = site.letter(ANN).await;
    again.goto(&letter.link).await.unwrap();
    if kind == Kind::WithoutScripts {
        again.read("You have an account already").await;
        again.press("main form button").await;
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

async fn a_wrong_password_is_told_beside_its_field(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    sign_in(&browser, &site, PASSWORD).await;
    browser.see("details[open] #password[aria-invalid][aria-describedby=password-error]").await;
    browser.see("#password-error[role=alert]").await;
    browser.read("That email address and password don't match.").await;
    assert_eq!(
        (browser.typed("#account").await, browser.typed("#password").await),
        (ANN.into(), String::new())
    );
    assert_eq!(browser.focused().await.as_deref(), Some("password"));
}

#[tokio::test]
async fn registering_offends_no_security_policy() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    sign_in(&browser, &site, PASSWORD).await;
    browser.see("#password-error").await;
    browser.goto(&site.url("/register")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.fill("#password", "too short").await;
    browser.press("#register-form button").await;
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
    // That it was refused twice it tells too, which shows that somebody listens.
    let is_refusal = |line: &String| line.contains("401") || line.contains("422");
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    assert!(complaints.iter().all(is_refusal), "{complaints:?}");
}
