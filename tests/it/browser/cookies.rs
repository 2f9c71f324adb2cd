//! Browsers that keep no cookies, and double clicks in those that have none yet.

use super::driver::{Browser, Kind, is_installed};
use super::site::Site;

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "four words on paper";
const BUTTON: &str = "main form button[type=submit]";

both_kinds! {
    registering_with_a_double_click_sends_one_email,
    signing_in_here_with_a_double_click_signs_in,
    changing_the_password_with_a_double_click_keeps_the_person_signed_in,
}

async fn a_browser_without_cookies_is_told_so_before_its_link_is_used(kind: Kind) {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press(BUTTON).await;
    browser.read("Cookies are needed").await;
    let letter = site.letter(ANN).await;
    browser.press("a.button").await;
    browser.arrive("/sign-in").await;
    browser.goto(&letter.link).await.unwrap();
    browser.press("#confirm").await;
    browser.press(BUTTON).await;
    browser.read("Cookies are needed").await;
    browser.read("Your link has not been used.").await;
    // It still signs in where cookies are kept.
    let other = Browser::open(Kind::Usual).await;
    other.goto(&letter.link).await.unwrap();
    other.press("#confirm").await;
    other.press(BUTTON).await;
    other.arrive("/").await;
    other.read("You're signed in as ann@example.org").await;
}

#[tokio::test]
async fn a_browser_without_cookies_is_told_so_before_its_link_is_used_with_scripts() {
    a_browser_without_cookies_is_told_so_before_its_link_is_used(Kind::WithoutCookies).await;
}

#[tokio::test]
async fn a_browser_without_cookies_is_told_so_before_its_link_is_used_without_scripts() {
    a_browser_without_cookies_is_told_so_before_its_link_is_used(Kind::WithoutScriptsAndCookies).await;
}

#[tokio::test]
async fn the_other_forms_tell_a_browser_without_cookies_too() {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    for kind in [Kind::WithoutCookies, Kind::WithoutScriptsAndCookies] {
        let browser = Browser::open(kind).await;
        for path in ["/register", "/forgot-password"] {
            browser.goto(&site.url(path)).await.unwrap();
            browser.fill("#email", &format!("{kind:?}@example.org")).await;
            if path == "/register" {
                browser.fill("#password", PASSWORD).await;
            }
            browser.press(BUTTON).await;
            browser.read("Cookies are needed").await;
        }
    }
}

async fn register_twice(site: &Site, browser: &Browser) {
    browser.goto(&site.url("/register")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.fill("#password", PASSWORD).await;
    browser.press_twice(BUTTON).await;
    browser.arrive("/unconfirmed").await;
}

async fn registering_with_a_double_click_sends_one_email(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    register_twice(&site, &browser).await;
    // The first email is the only one, so its code works.
    let letter = site.letter(ANN).await;
    browser.enter_code(&letter.code).await;
    browser.arrive("/").await;
    browser.read("Email address confirmed. Welcome!").await;
    assert_eq!(site.emails_to(ANN), 1);
}

async fn signing_in_here_with_a_double_click_signs_in(kind: Kind) {
    let (site, asker) = (Site::start().await, Browser::open(kind).await);
    register_twice(&site, &asker).await;
    let letter = site.letter(ANN).await;
    let other = Browser::open(kind).await;
    other.goto(&letter.link).await.unwrap();
    other.press("#confirm").await;
    other.press_twice(BUTTON).await;
    other.arrive("/").await;
    other.read("You're signed in as ann@example.org").await;
}

async fn changing_the_password_with_a_double_click_keeps_the_person_signed_in(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    register_twice(&site, &browser).await;
    browser.enter_code(&site.letter(ANN).await.code).await;
    browser.arrive("/").await;
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.press("#edit-password summary").await;
    browser.fill("#current_password", PASSWORD).await;
    browser.fill("#password", "five other words on paper").await;
    browser.press_twice("#change-password").await;
    browser.read("Password saved. All other devices have been signed out.").await;
    browser.goto(&site.url("/")).await.unwrap();
    browser.read("You're signed in as ann@example.org").await;
}
