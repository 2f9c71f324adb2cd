//! A sign-in that is no longer recent: confirmed with the password or an emailed code, and back to the
//! account page.

use std::time::Duration;

use super::driver::{Browser, Kind};
use super::profile::at_profile;
use super::registration::{ANN, PASSWORD};
use super::site::Site;

both_kinds! {
    confirming_it_is_you_brings_the_forms_back,
    someone_else_signs_out_instead,
}

async fn confirming_it_is_you_brings_the_forms_back(kind: Kind) {
    let (site, clock) = Site::start_by_hand().await;
    let browser = at_profile(&site, kind).await;
    browser.see("#edit-password").await;
    clock.advance(Duration::from_mins(10));
    is_asked_to_confirm(&site, &browser).await;
    browser.fill("#password", "not my password").await;
    browser.press("#reauthenticate button[type=submit]").await;
    browser.read("That isn't this account's password. You can have a code emailed instead.").await;
    browser.fill("#password", PASSWORD).await;
    browser.press("#reauthenticate button[type=submit]").await;
    shows_the_forms_again(&browser).await;
    clock.advance(Duration::from_mins(10));
    is_asked_to_confirm(&site, &browser).await;
    browser.press("form[action='/reauthenticate/mail'] button").await;
    browser.arrive("/check-inbox").await;
    browser.read("We're sending an email to ann@example.org.").await;
    browser.read("Enter the code from it here.").await;
    browser.enter_code(&site.code(ANN).await).await;
    shows_the_forms_again(&browser).await;
}

/// The person whose device someone else picked up, for example.
async fn someone_else_signs_out_instead(kind: Kind) {
    let (site, clock) = Site::start_by_hand().await;
    let browser = at_profile(&site, kind).await;
    clock.advance(Duration::from_mins(10));
    is_asked_to_confirm(&site, &browser).await;
    browser.press("main form[action='/sign-out'] button").await;
    browser.arrive("/sign-in").await;
    browser.read("You're signed out.").await;
}

/// While the sign-in is not recent, the account page has no form, only the way to confirm it.
async fn is_asked_to_confirm(site: &Site, browser: &Browser) {
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.read("Confirm it's you to change anything here.").await;
    assert_eq!(browser.count("main form").await, 0);
    browser.press(".prompt .button").await;
    browser.arrive("/reauthenticate").await;
}

async fn shows_the_forms_again(browser: &Browser) {
    browser.arrive("/profile").await;
    browser.read("Thanks. You can make changes for the next ten minutes.").await;
    assert!(browser.count("main form").await >= 3);
}
