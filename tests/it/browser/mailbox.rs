//! The mailbox page, which shows emails where there is no mail server.

use super::driver::{Browser, Kind, is_installed};
use super::site::Site;

const ANN: &str = "ann@example.org";

#[tokio::test]
async fn an_email_appears_on_the_mailbox_page_and_signs_in() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/mailbox")).await.unwrap();
    browser.read("No messages yet.").await;
    let mailbox = browser.window().await.unwrap();
    let other = browser.new_window(true).await.unwrap().handle;
    browser.switch_to_window(other).await.unwrap();
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.see("#result #code").await;
    browser.switch_to_window(mailbox).await.unwrap();
    browser.press(".letters a").await;
    browser.read(&site.letter(ANN).await.code).await;
    browser.press("#letter-link").await;
    browser.arrive("/").await;
    browser.read("You're signed in as ann@example.org").await;
}
