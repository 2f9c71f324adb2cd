//! The account page: every form of it, inline with scripts and by a notice without.

use super::driver::{Browser, Kind};
use super::registration::{ANN, PASSWORD, register, sign_in};
use super::site::Site;

const OTHER: &str = "chosen in another place";
const NEW: &str = "new@example.org";

both_kinds! {
    the_password_is_changed_and_removed,
    the_address_is_changed_and_taken_back,
    another_place_is_signed_out,
    a_forgotten_password_is_replaced,
    the_account_is_deleted,
}

/// Somebody who registered, confirmed and looks at the account page.
async fn at_profile(site: &Site, kind: Kind) -> Browser {
    let browser = Browser::open(kind).await;
    register(&browser, &site.url("/register?next=%2Fprofile")).await;
    let letter = site.letter(ANN).await;
    open(&browser, kind, &letter.link).await;
    browser.arrive("/profile").await;
    browser.read("Where you are signed in").await;
    browser
}

/// Opens a link that redeems itself where it was asked for, if the page has scripts.
async fn open(browser: &Browser, kind: Kind, link: &str) {
    browser.goto(link).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.press("main form button").await;
    }
}

async fn the_password_is_changed_and_removed(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    browser.fill("#current_password", "not my password").await;
    browser.fill("#password", OTHER).await;
    browser.press("form[action='/profile/password'] button").await;
    browser.read("That is not your present password.").await;
    assert_eq!(browser.typed("#password").await, "", "no password comes back");
    browser.fill("#current_password", PASSWORD).await;
    browser.fill("#password", OTHER).await;
    browser.press("form[action='/profile/password'] button").await;
    browser.read("Your password is set. Everybody else is signed out.").await;
    assert_eq!(site.news(ANN).await, None);
    browser.press("form[action='/profile/password/remove'] button").await;
    browser.read("Your password is gone: you sign in by mail from now on.").await;
    assert_eq!(site.news(ANN).await, None);
    assert_eq!(browser.path().await, "/profile");
    // Chromium tells of every refusal that is answered; of our content security policy, nothing.
    let complaints = browser.complaints().await;
    assert!(complaints.iter().all(|complaint| complaint.contains("422")), "{complaints:?}");
}

async fn the_address_is_changed_and_taken_back(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    browser.fill("#email", NEW).await;
    browser.press("form[action='/profile/email'] button").await;
    browser.arrive("/check-inbox").await;
    browser.read("A letter is on its way to new@example.org").await;
    assert_eq!(site.news(ANN).await, None);
    let letter = site.letter(NEW).await;
    // In another browser there is a code to carry, and no button.
    let stranger = Browser::open(kind).await;
    stranger.goto(&letter.link).await.unwrap();
    stranger.read("Is this you?").await;
    let text = stranger.text().await;
    assert!(text.contains("only where that account is signed in") && !text.contains("Confirm the"), "{text}");
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.read("You asked to change it to new@example.org").await;
    open(&browser, kind, &letter.link).await;
    browser.arrive("/profile").await;
    browser.read("Your address is changed.").await;
    let undo = site.news(ANN).await.unwrap();
    stranger.goto(&undo).await.unwrap();
    stranger.read("This gives the account its address ann@example.org back").await;
    stranger.press("#confirm").await;
    stranger.press("main form button").await;
    stranger.arrive("/sign-in").await;
    stranger.read("The old address is back.").await;
    assert_eq!((site.news(ANN).await, site.news(NEW).await), (None, None));
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.arrive("/sign-in").await;
}

async fn another_place_is_signed_out(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    let elsewhere = Browser::open(kind).await;
    sign_in(&elsewhere, &site, PASSWORD).await;
    elsewhere.arrive("/").await;
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.press(".places button").await;
    browser.read("That session is over.").await;
    elsewhere.goto(&site.url("/profile")).await.unwrap();
    elsewhere.arrive("/sign-in").await;
}

async fn a_forgotten_password_is_replaced(kind: Kind) {
    let site = Site::start().await;
    at_profile(&site, kind).await;
    let browser = Browser::open(kind).await;
    browser.goto(&site.url("/forgot-password")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("#forgot-form button").await;
    browser.arrive("/check-inbox").await;
    browser.see("#code").await;
    let letter = site.letter(ANN).await;
    // Nothing posts itself: there is a password to be typed.
    browser.goto(&letter.link).await.unwrap();
    browser.fill("#password", "short").await;
    browser.press("main form button").await;
    browser.read("A password needs at least 12 characters.").await;
    browser.fill("#password", OTHER).await;
    browser.press("main form button").await;
    browser.read("You have a new password, and you are signed in.").await;
    assert_eq!(site.news(ANN).await, None);
}

async fn the_account_is_deleted(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    browser.fill("#confirm", "yes").await;
    browser.press("form[action='/profile/delete'] button").await;
    browser.read("Please type the word delete").await;
    browser.fill("#confirm", "delete").await;
    browser.press("form[action='/profile/delete'] button").await;
    browser.arrive("/sign-in").await;
    browser.read("Your account is deleted.").await;
    assert_eq!(site.news(ANN).await, None);
    sign_in(&browser, &site, PASSWORD).await;
    browser.read("Address and password do not fit together.").await;
}
