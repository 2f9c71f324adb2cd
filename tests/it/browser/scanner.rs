//! Links opened in a browser that did not request them: by people on another device, and by machines.

use super::driver::{Browser, Kind, is_installed};
use super::registration::register;
use super::site::{Letter, Site};

const ANN: &str = "ann@example.org";

/// A browser that has requested an email, and that email.
async fn asked(site: &Site) -> (Browser, Letter) {
    let browser = Browser::open(Kind::Usual).await;
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.see("#result #code").await;
    let letter = site.letter(ANN).await;
    (browser, letter)
}

async fn a_second_browser_signs_in_with_tick_and_button(kind: Kind) {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    let (_asker, letter) = asked(&site).await;
    let other = Browser::open(kind).await;
    other.goto(&letter.link).await.unwrap();
    other.read("Sign in as ann@example.org?").await;
    // The code for the other device is folded away.
    assert!(!other.text().await.contains(&letter.code));
    other.press("summary").await;
    other.read(&letter.code).await;
    // Without the tick the button does nothing, and the link still works.
    other.press("main form button[type=submit]").await;
    other.see("#confirm:invalid").await;
    other.press("#confirm").await;
    other.press("main form button[type=submit]").await;
    other.arrive("/").await;
    other.read("You're signed in as ann@example.org").await;
}

#[tokio::test]
async fn a_second_browser_signs_in_with_tick_and_button_with_scripts() {
    a_second_browser_signs_in_with_tick_and_button(Kind::Usual).await;
}

#[tokio::test]
async fn a_second_browser_signs_in_with_tick_and_button_without_scripts() {
    a_second_browser_signs_in_with_tick_and_button(Kind::WithoutScripts).await;
}

#[tokio::test]
async fn a_scanner_that_runs_scripts_and_presses_buttons_uses_nothing_up() {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    let (asker, letter) = asked(&site).await;
    let scanner = Browser::open(Kind::WithoutCookies).await;
    scanner.goto(&letter.link).await.unwrap();
    scanner.rest().await;
    let landing = scanner.path().await;
    assert!(landing.starts_with("/link/"));
    // It presses every button, then submits every form without the checks of the browser.
    scanner.run("document.querySelectorAll('main button').forEach((button) => button.click())").await;
    scanner.rest().await;
    assert_eq!(scanner.path().await, landing);
    scanner.run("document.querySelectorAll('main form').forEach((form) => form.submit())").await;
    scanner.read("Your link has not been used.").await;
    assert_eq!(scanner.path().await, landing);
    scanner.goto(&site.url("/profile")).await.unwrap();
    scanner.arrive("/sign-in").await;
    asker.goto(&letter.link).await.unwrap();
    asker.arrive("/").await;
    asker.read("You're signed in as ann@example.org").await;
}

#[tokio::test]
async fn a_scanner_confirms_no_registration() {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    let asker = Browser::open(Kind::Usual).await;
    register(&asker, &site.url("/register")).await;
    let letter = site.letter(ANN).await;
    let scanner = Browser::open(Kind::WithoutCookies).await;
    scanner.goto(&letter.link).await.unwrap();
    scanner.rest().await;
    let landing = scanner.path().await;
    scanner.run("document.querySelectorAll('main button').forEach((button) => button.click())").await;
    scanner.rest().await;
    scanner.run("document.querySelectorAll('main form').forEach((form) => form.submit())").await;
    scanner.read("Your link has not been used.").await;
    assert_eq!(scanner.path().await, landing);
    scanner.goto(&site.url("/profile")).await.unwrap();
    scanner.arrive("/sign-in").await;
    asker.goto(&letter.link).await.unwrap();
    asker.arrive("/").await;
    asker.read("Email address confirmed. Welcome!").await;
}

#[tokio::test]
async fn a_signed_in_browser_is_warned_which_account_it_leaves() {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    let (ann, letter) = asked(&site).await;
    ann.goto(&letter.link).await.unwrap();
    ann.arrive("/").await;
    let bob = Browser::open(Kind::Usual).await;
    bob.goto(&site.url("/sign-in")).await.unwrap();
    bob.fill("#email", "bob@example.org").await;
    bob.press("main form button[type=submit]").await;
    bob.see("#result #code").await;
    ann.goto(&site.letter("bob@example.org").await.link).await.unwrap();
    ann.read("You're signed in as ann@example.org. Signing in here will sign you out of that account.").await;
    ann.press("#confirm").await;
    ann.press("main form button[type=submit]").await;
    ann.arrive("/").await;
    ann.read("You're signed in as bob@example.org").await;
}

#[tokio::test]
async fn a_dead_link_offers_to_request_a_new_one() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/link/nothing-of-ours")).await.unwrap();
    browser.read("This link no longer works").await;
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.see("#result #code").await;
    let letter = site.letter(ANN).await;
    browser.goto(&letter.link).await.unwrap();
    browser.arrive("/").await;
}
