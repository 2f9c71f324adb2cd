//! Two tabs, and two accounts one after the other.

use super::driver::Kind;
use super::profile::at_profile;
use super::registration::ANN;
use super::site::Site;

const BEN: &str = "ben@example.org";

both_kinds! {
    a_tab_of_another_account_deletes_nothing,
}

async fn a_tab_of_another_account_deletes_nothing(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    browser.press("#delete-account > summary").await;
    browser.fill("#confirm", "delete").await;
    let first = browser.window().await.unwrap();
    let second = browser.new_window(true).await.unwrap();
    browser.switch_to_window(second.handle).await.unwrap();
    browser.goto(&site.url("/")).await.unwrap();
    browser.press("nav form button").await;
    browser.read("You're signed out.").await;
    browser.fill("#email", BEN).await;
    browser.press("main form button[type=submit]").await;
    browser.see("#code").await;
    browser.enter_code(&site.letter(BEN).await.code).await;
    browser.read("Email address confirmed. Welcome!").await;
    browser.switch_to_window(first).await.unwrap();
    browser.press("#delete").await;
    browser
        .read("Another account was signed in here after this page was opened, so nothing was changed.")
        .await;
    browser.read("You're signed in as ben@example.org.").await;
    assert!(!browser.text().await.contains(ANN));
    // Now the page is this account's own.
    browser.press("#delete-account > summary").await;
    browser.fill("#confirm", "delete").await;
    browser.press("#delete").await;
    browser.read("Your account has been deleted.").await;
    assert_eq!(site.news(BEN).await, None);
}
