//! Apps on other hosts, behind nginx.

use super::driver::{Browser, Kind};
use crate::proxies::recipe;
use crate::proxies::setup::Front;

const ANN: &str = "ann@example.org";

both_kinds! {
    a_link_leads_to_the_app_and_a_second_app_opens_at_once,
    a_code_leads_to_the_app_and_a_second_app_opens_at_once,
}

/// Waits until the app answers at this address, to Ann.
async fn arrive(browser: &Browser, url: &str) {
    let is_there = || async { browser.current_url().await.unwrap().as_str() == url };
    browser.until(url, is_there).await;
    browser.read("Remote-Email: ann@example.org").await;
}

/// Opens the first app, and requests an email on the page that it leads to.
async fn begin(front: &Front, kind: Kind) -> Browser {
    let browser = Browser::open_before(kind, front.proxy).await;
    browser.goto("https://wiki.example.org/page?x=1").await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.read("We're sending an email to ann@example.org").await;
    browser
}

/// The second app, and what the browser complains about. A chain of redirects that `form-action` blocks would be there.
async fn finish(browser: &Browser) {
    arrive(browser, "https://wiki.example.org/page?x=1").await;
    browser.goto("https://git.example.net/repo").await.unwrap();
    arrive(browser, "https://git.example.net/repo").await;
    let complaints = browser.complaints().await;
    assert!(!complaints.iter().any(|line| line.contains("Content Security Policy")), "{complaints:?}");
}

async fn a_link_leads_to_the_app_and_a_second_app_opens_at_once(kind: Kind) {
    let Some(front) = Front::start(recipe::Kind::Nginx).await else { return };
    let browser = begin(&front, kind).await;
    browser.goto(&front.sink.letter_to(ANN).await.link()).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.press("main form button[type=submit]").await;
    }
    finish(&browser).await;
}

async fn a_code_leads_to_the_app_and_a_second_app_opens_at_once(kind: Kind) {
    let Some(front) = Front::start(recipe::Kind::Nginx).await else { return };
    let browser = begin(&front, kind).await;
    let code = front.sink.letter_to(ANN).await.code().unwrap();
    browser.enter_code(&code).await;
    finish(&browser).await;
}
