//! Asking for a link, and following it.

use serde_json::json;

use super::driver::{Browser, Kind, is_installed};
use super::site::Site;

const ANN: &str = "ann@example.org";

async fn asks_and_follows_the_link(kind: Kind) {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    browser.goto(&site.url("/sign-in?next=%2Fprofile")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button").await;
    browser.read("A letter is on its way to ann@example.org").await;
    let expected = if kind == Kind::Usual { "/sign-in" } else { "/check-inbox" };
    assert_eq!(browser.path().await, expected);
    let letter = site.letter(ANN).await;
    browser.goto(&letter.link).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.read("You asked to sign in as ann@example.org").await;
        browser.press("main form button").await;
    }
    browser.arrive("/profile").await;
    browser.read("Email address confirmed. Welcome!").await;
    browser.read(ANN).await;
    // A link that was used leads on where its session lives, and the notice is told once.
    browser.goto(&letter.link).await.unwrap();
    browser.arrive("/profile").await;
    assert!(!browser.text().await.contains("Welcome!"));
}

#[tokio::test]
async fn a_person_signs_in_by_link_with_scripts() {
    asks_and_follows_the_link(Kind::Usual).await;
}

#[tokio::test]
async fn a_person_signs_in_by_link_without_scripts() {
    asks_and_follows_the_link(Kind::WithoutScripts).await;
}

async fn is_told_what_is_wrong_beside_the_field(kind: Kind) {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    browser.goto(&site.url("/sign-in?next=%2Fprofile")).await.unwrap();
    // What the browser takes for an address and we do not.
    browser.fill("#email", "ann@example").await;
    browser.press("main form button").await;
    browser.see("#email[aria-invalid][aria-describedby=email-error]").await;
    browser.see("#email-field #email-error[role=alert]").await;
    let typed = browser.see("#email").await.prop("value").await.unwrap();
    assert_eq!(typed.as_deref(), Some("ann@example"));
    // What was wrong is mended where it stands, and `next` is not lost on the way.
    browser.fill("#email", ANN).await;
    browser.press("main form button").await;
    browser.read("A letter is on its way to ann@example.org").await;
    browser.goto(&site.letter(ANN).await.link).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.press("main form button").await;
    }
    browser.arrive("/profile").await;
}

#[tokio::test]
async fn a_wrong_address_is_told_beside_its_field_with_scripts() {
    is_told_what_is_wrong_beside_the_field(Kind::Usual).await;
}

#[tokio::test]
async fn a_wrong_address_is_told_beside_its_field_without_scripts() {
    is_told_what_is_wrong_beside_the_field(Kind::WithoutScripts).await;
}

#[tokio::test]
async fn asking_twice_in_a_moment_shows_where_to_wait() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press_twice("main form button").await;
    browser.see("#result #code").await;
    browser.press("main form button").await;
    browser.read("We've just sent you an email.").await;
    browser.see("#result #code").await;
    site.letter(ANN).await;
}

async fn double_clicks_the_landing_page(kind: Kind) {
    if !is_installed() {
        return;
    }
    let (site, asker) = (Site::start().await, Browser::open(Kind::WithoutScripts).await);
    asker.goto(&site.url("/sign-in")).await.unwrap();
    asker.fill("#email", ANN).await;
    asker.press("main form button").await;
    asker.arrive("/check-inbox").await;
    let letter = site.letter(ANN).await;
    // With scripts the asker's page goes on by itself, so the second browser has the button.
    let browser = if kind == Kind::Usual { Browser::open(kind).await } else { asker };
    browser.goto(&letter.link).await.unwrap();
    if kind == Kind::Usual {
        browser.press("#confirm").await;
    }
    browser.press_twice("main form button").await;
    browser.arrive("/").await;
    browser.read("You're signed in as ann@example.org").await;
}

#[tokio::test]
async fn a_double_click_on_the_landing_page_signs_in_with_scripts() {
    double_clicks_the_landing_page(Kind::Usual).await;
}

#[tokio::test]
async fn a_double_click_on_the_landing_page_signs_in_without_scripts() {
    double_clicks_the_landing_page(Kind::WithoutScripts).await;
}

#[tokio::test]
async fn a_link_opened_in_the_background_waits_until_somebody_looks() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button").await;
    browser.see("#result #code").await;
    let letter = site.letter(ANN).await;
    let hide = "Object.defineProperty(document, 'visibilityState', \
                { get: () => window.somebodyLooks ? 'visible' : 'hidden' })";
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": hide })).await;
    browser.goto(&letter.link).await.unwrap();
    browser.rest().await;
    browser.read("You asked to sign in as ann@example.org").await;
    assert!(browser.path().await.starts_with("/link/"));
    browser.run("somebodyLooks = true; document.dispatchEvent(new Event('visibilitychange'))").await;
    browser.arrive("/").await;
}
