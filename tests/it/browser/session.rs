//! Being signed in, and leaving.

use super::driver::{Browser, Kind, is_installed};
use super::site::Site;

const ANN: &str = "ann@example.org";

async fn back_after_signing_out_shows_nothing_private(kind: Kind) {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.arrive("/sign-in").await;
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.enter_code(&site.letter(ANN).await.code).await;
    browser.arrive("/profile").await;
    browser.read(ANN).await;
    browser.press("nav form button").await;
    browser.arrive("/sign-in").await;
    browser.read("You're signed out.").await;
    browser.back().await.unwrap();
    browser.arrive("/sign-in").await;
    assert!(!browser.text().await.contains(ANN));
}

#[tokio::test]
async fn back_after_signing_out_shows_nothing_private_with_scripts() {
    back_after_signing_out_shows_nothing_private(Kind::Usual).await;
}

#[tokio::test]
async fn back_after_signing_out_shows_nothing_private_without_scripts() {
    back_after_signing_out_shows_nothing_private(Kind::WithoutScripts).await;
}

#[tokio::test]
async fn no_page_violates_its_own_security_policy() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.see("#result #code").await;
    let letter = site.letter(ANN).await;
    browser.goto(&site.url("/check-inbox")).await.unwrap();
    browser.goto(&site.url("/mailbox")).await.unwrap();
    browser.press(".letters a").await;
    browser.see("#letter-link").await;
    browser.see("iframe").await;
    browser.goto(&letter.link).await.unwrap();
    browser.arrive("/").await;
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.goto(&site.url("/link/nothing")).await.unwrap();
    browser.rest().await;
    let complaints = browser.complaints().await;
    // The browser reports the status 410 too, which shows that reports arrive.
    assert!(complaints.iter().any(|line| line.contains("410")), "{complaints:?}");
    assert!(complaints.iter().all(|line| line.contains("410")), "{complaints:?}");
}

/// The email is rendered with its own styles, and opens its link in another tab.
#[tokio::test]
async fn an_email_in_the_mailbox_is_shown_as_its_reader_sees_it() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button").await;
    let letter = site.letter(ANN).await;
    browser.goto(&site.url("/mailbox")).await.unwrap();
    browser.press(".letters a").await;
    browser.see("iframe").await.enter_frame().await.unwrap();
    browser.read(&letter.code).await;
    browser.press(&format!("a[href='{}']", letter.link)).await;
    browser.until("a second tab", || async { browser.windows().await.unwrap().len() == 2 }).await;
}

/// Without the script they are shown in UTC.
#[tokio::test]
async fn times_are_shown_as_how_long_ago_they_were() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button").await;
    browser.see("#code").await;
    browser.goto(&site.letter(ANN).await.link).await.unwrap();
    browser.arrive("/").await;
    browser.read("Signed in with an email link just now, using").await;
    let title = browser.see("time").await.attr("title").await.unwrap().unwrap();
    assert!(title.contains("20") && title.contains(':'), "the full time: {title}");
}
