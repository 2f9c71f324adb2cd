//! A sign-in that is not recent any more: proven by the password and by a mailed code, and back to the
//! account page.

use std::time::Duration;

use super::driver::{Browser, Kind};
use super::profile::at_profile;
use super::registration::{ANN, PASSWORD};
use super::site::Site;

both_kinds! {
    whoever_proves_it_once_more_has_the_forms_again,
}

async fn whoever_proves_it_once_more_has_the_forms_again(kind: Kind) {
    let (site, clock) = Site::start_by_hand().await;
    let browser = at_profile(&site, kind).await;
    browser.see("#change-password").await;
    clock.advance(Duration::from_mins(10));
    asked_to_prove(&site, &browser).await;
    browser.fill("#password", "not my password").await;
    browser.press("#reauthenticate button").await;
    browser.read("That isn't this account's password. You can have a code emailed instead.").await;
    browser.fill("#password", PASSWORD).await;
    browser.press("#reauthenticate button").await;
    has_the_forms_again(&browser).await;
    clock.advance(Duration::from_mins(10));
    asked_to_prove(&site, &browser).await;
    browser.press("form[action='/reauthenticate/mail'] button").await;
    browser.arrive("/check-inbox").await;
    browser.read("A letter is on its way to ann@example.org. Type the code of it here.").await;
    browser.fill("#code", &site.code(ANN).await).await;
    browser.press("#code-form button").await;
    has_the_forms_again(&browser).await;
}

/// The account page has no form while the sign-in is stale, but the way to prove it.
async fn asked_to_prove(site: &Site, browser: &Browser) {
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.read("Prove once more that it is you, and the forms are here.").await;
    assert_eq!(browser.count("main form").await, 0);
    browser.press("main a.button").await;
    browser.arrive("/reauthenticate").await;
}

async fn has_the_forms_again(browser: &Browser) {
    browser.arrive("/profile").await;
    browser.read("Thank you. For ten minutes you can change what you like.").await;
    assert!(browser.count("main form").await >= 3);
}
