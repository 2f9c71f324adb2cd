//! The tab that waits for the letter.

use fantoccini::Locator;

use super::driver::{Browser, Kind, is_installed};
use super::site::{Letter, Site};

const ANN: &str = "ann@example.org";

async fn waits(kind: Kind, site: &Site) -> (Browser, Letter) {
    let browser = Browser::open(kind).await;
    browser.goto(&site.url("/sign-in?next=%2Fprofile")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button").await;
    browser.see("#code").await;
    let letter = site.letter(ANN).await;
    (browser, letter)
}

async fn types_the_code(kind: Kind) {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    let (browser, letter) = waits(kind, &site).await;
    let wrong = if letter.code == "000000" { "000001" } else { "000000" };
    browser.fill("#code", wrong).await;
    browser.press("#code-form button").await;
    browser.read("That is not the code of the last letter").await;
    assert_eq!(browser.see("#code").await.prop("value").await.unwrap().as_deref(), Some(""));
    // As people copy it.
    let typed = format!("{} {}", &letter.code[..3], &letter.code[3..]);
    browser.fill("#code", &typed).await;
    browser.press("#code-form button").await;
    browser.arrive("/profile").await;
    browser.read("By the code of a letter").await;
}

#[tokio::test]
async fn the_code_typed_into_the_waiting_tab_signs_in_with_scripts() {
    types_the_code(Kind::Usual).await;
}

#[tokio::test]
async fn the_code_typed_into_the_waiting_tab_signs_in_without_scripts() {
    types_the_code(Kind::WithoutScripts).await;
}

/// The waiting tab asks again every few seconds. What is typed there stays, and it moves on once
/// the link was followed in another tab.
async fn moves_on_by_itself(path: &str) {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    let (browser, letter) = waits(Kind::Usual, &site).await;
    browser.goto(&site.url(path)).await.unwrap();
    if path == "/sign-in" {
        browser.fill("#email", ANN).await;
        browser.press("main form button").await;
    }
    browser.fill("#code", "123").await;
    let before = browser.see("#again .hint").await.text().await.unwrap();
    // The element may be replaced while it is read.
    let has_asked =
        || async { browser.see("#again .hint").await.text().await.is_ok_and(|now| now != before) };
    browser.until("the next look", has_asked).await;
    let code = browser.see("#code").await;
    assert_eq!(code.prop("value").await.unwrap().as_deref(), Some("123"));
    assert_eq!(browser.active_element().await.unwrap().attr("id").await.unwrap().as_deref(), Some("code"));
    let waiting = browser.window().await.unwrap();
    let other = browser.new_window(true).await.unwrap().handle;
    browser.switch_to_window(other).await.unwrap();
    browser.goto(&letter.link).await.unwrap();
    browser.arrive("/profile").await;
    browser.switch_to_window(waiting).await.unwrap();
    browser.arrive("/profile").await;
    browser.read(ANN).await;
}

#[tokio::test]
async fn the_waiting_page_moves_on_by_itself() {
    moves_on_by_itself("/check-inbox").await;
}

#[tokio::test]
async fn the_sign_in_page_that_waits_moves_on_by_itself() {
    moves_on_by_itself("/sign-in").await;
}

async fn asks_for_another_letter_too_soon(kind: Kind) {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    let (browser, letter) = waits(kind, &site).await;
    browser.press("#resend").await;
    browser.read("We've just sent you an email.").await;
    browser.fill("#code", &letter.code).await;
    browser.press("#code-form button").await;
    browser.arrive("/profile").await;
}

#[tokio::test]
async fn another_letter_too_soon_is_refused_in_words_with_scripts() {
    asks_for_another_letter_too_soon(Kind::Usual).await;
}

#[tokio::test]
async fn another_letter_too_soon_is_refused_in_words_without_scripts() {
    asks_for_another_letter_too_soon(Kind::WithoutScripts).await;
}

#[tokio::test]
async fn what_is_refused_before_the_pages_is_told_and_leaves_what_was_typed() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.run("htmx.ajax('POST', '/nothing', { source: 'main form' })").await;
    browser.see("#trouble .problem").await;
    browser.read("There's nothing at this web address.").await;
    let typed = browser.see("#email").await.prop("value").await.unwrap();
    assert_eq!(typed.as_deref(), Some(ANN));
}

#[tokio::test]
async fn a_server_out_of_reach_is_told_in_words() {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    let browser = Browser::open(Kind::Usual).await;
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.go_offline().await;
    browser.fill("#email", ANN).await;
    browser.press("main form button").await;
    browser.read("We couldn't reach the server. Check your connection and try again.").await;
    let form = browser.find(Locator::Css("#email")).await.unwrap();
    assert_eq!(form.prop("value").await.unwrap().as_deref(), Some(ANN));
}
