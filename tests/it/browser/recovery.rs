//! A forgotten password, reset with a link and with a code.

use super::driver::{Browser, Kind};
use super::profile::at_profile;
use super::registration::{ANN, sign_in};
use super::site::Site;

const OTHER: &str = "chosen in another place";

both_kinds! {
    a_forgotten_password_is_reset_with_a_link,
    a_signed_in_person_resets_a_forgotten_password_with_a_code,
}

async fn a_forgotten_password_is_reset_with_a_link(kind: Kind) {
    let site = Site::start().await;
    at_profile(&site, kind).await;
    let browser = Browser::open(kind).await;
    browser.goto(&site.url("/forgot-password")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("#forgot-form button[type=submit]").await;
    browser.arrive("/check-inbox").await;
    browser.see("#code").await;
    let letter = site.letter(ANN).await;
    // The page does not submit itself, because a password has to be entered.
    browser.goto(&letter.link).await.unwrap();
    browser.fill("#password", "short").await;
    browser.press("main form button[type=submit]").await;
    browser.read("Use at least 12 characters.").await;
    browser.fill("#password", OTHER).await;
    browser.press("main form button[type=submit]").await;
    browser.read("Your password has been changed and you're signed in.").await;
    assert_eq!(site.news(ANN).await, None);
}

async fn a_signed_in_person_resets_a_forgotten_password_with_a_code(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    browser.press("a[href^='/forgot-password']").await;
    browser.arrive("/forgot-password").await;
    browser.see("#forgot-form").await;
    assert_eq!(browser.typed("#email").await, ANN);
    browser.press("#forgot-form button[type=submit]").await;
    browser.arrive("/check-inbox").await;
    browser.read("At least 12 characters.").await;
    let letter = site.letter(ANN).await;
    browser.fill("#code", &letter.code).await;
    browser.fill("#password", "short").await;
    browser.press("#code-form button[type=submit]").await;
    browser.read("Use at least 12 characters.").await;
    browser.fill("#code", &letter.code).await;
    browser.fill("#password", OTHER).await;
    browser.press("#code-form button[type=submit]").await;
    browser.read("Your password has been changed and you're signed in.").await;
    assert_eq!(site.news(ANN).await, None);
    let elsewhere = Browser::open(kind).await;
    sign_in(&elsewhere, &site, OTHER).await;
    elsewhere.arrive("/").await;
}
