//! The keyboard is enough: after each response the focus is where a person expects it, and a screen
//! reader announces the focused element with its name and its error.

use std::time::Duration;

use serde_json::{Value, json};

use super::driver::{Browser, Kind, is_installed};
use super::site::Site;

const ANN: &str = "ann@example.org";
const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";
const SELECT_ALL: &str = "\u{e009}a\u{e000}";

/// The focused element, as the browser describes it to a screen reader.
#[derive(Debug, Default)]
struct Focus {
    name: String,
    description: String,
    is_invalid: bool,
}

impl Focus {
    fn of(node: &Value) -> Self {
        let text = |key: &str| node[key]["value"].as_str().unwrap_or_default().to_owned();
        let is_invalid = property(node, "invalid").is_some_and(|value| value == "true");
        Self { name: text("name"), description: text("description"), is_invalid }
    }
}

fn property<'a>(node: &'a Value, name: &str) -> Option<&'a Value> {
    let property = node["properties"].as_array()?.iter().find(|property| property["name"] == name)?;
    Some(&property["value"]["value"])
}

async fn focus(browser: &Browser) -> Focus {
    let tree = browser.devtools("Accessibility.getFullAXTree", json!({})).await;
    let nodes = tree["nodes"].as_array().unwrap().iter();
    let is_focused = |node: &&Value| {
        node["role"]["value"] != "RootWebArea" && property(node, "focused") == Some(&json!(true))
    };
    nodes.rev().find(is_focused).map(Focus::of).unwrap_or_default()
}

async fn keys(browser: &Browser, keys: &str) {
    browser.active_element().await.unwrap().send_keys(keys).await.unwrap();
}

/// Waits until this element has the focus, refused or not.
async fn expect_focus(browser: &Browser, name: &str, is_invalid: bool) {
    let is_there = || async {
        let focus = focus(browser).await;
        // An error that a screen reader does not announce helps no one.
        let is_announced = !is_invalid || !focus.description.is_empty();
        focus.name.starts_with(name) && focus.is_invalid == is_invalid && is_announced
    };
    browser.until(&format!("the focus on {name:?}, invalid: {is_invalid}"), is_there).await;
}

/// Presses Tab until this element has the focus.
async fn tab_to(browser: &Browser, name: &str) {
    for _ in 0..60 {
        keys(browser, TAB).await;
        if focus(browser).await.name.starts_with(name) {
            return;
        }
    }
    panic!("Tab does not reach {name:?}");
}

async fn ask(site: &Site, browser: &Browser) {
    browser.goto(&site.url("/sign-in")).await.unwrap();
    expect_focus(browser, "Email address", false).await;
    keys(browser, &format!("{ANN}{ENTER}")).await;
    expect_focus(browser, "6-digit code", false).await;
}

#[tokio::test]
async fn signing_in_needs_only_the_keyboard() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    expect_focus(&browser, "Email address", false).await;
    keys(&browser, &format!("ann@example{ENTER}")).await;
    expect_focus(&browser, "Email address", true).await;
    keys(&browser, &format!("{SELECT_ALL}{ANN}{ENTER}")).await;
    expect_focus(&browser, "6-digit code", false).await;
    assert!(browser.title().await.unwrap().starts_with("Check your inbox"));
    let code = site.letter(ANN).await.code;
    keys(&browser, if code == "000000" { "111111" } else { "000000" }).await;
    expect_focus(&browser, "6-digit code", true).await;
    keys(&browser, &code).await;
    browser.arrive("/").await;
}

#[tokio::test]
async fn the_focus_stays_on_the_button_that_sends_another_email() {
    if !is_installed() {
        return;
    }
    let (site, clock) = Site::start_by_hand().await;
    let browser = Browser::open(Kind::Usual).await;
    ask(&site, &browser).await;
    tab_to(&browser, "Send again in").await;
    clock.advance(Duration::from_secs(31));
    browser.see("#resend:not([aria-disabled])").await;
    expect_focus(&browser, "Send another email", false).await;
    keys(&browser, ENTER).await;
    browser.read("Another email is on its way.").await;
    expect_focus(&browser, "Send again in", false).await;
}

#[tokio::test]
async fn after_the_last_wrong_code_the_focus_is_on_the_next_step() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    ask(&site, &browser).await;
    let code = site.letter(ANN).await.code.parse::<u32>().unwrap();
    for attempt in 1..=5 {
        keys(&browser, &format!("{:06}", (code + attempt) % 1_000_000)).await;
        if attempt < 5 {
            expect_focus(&browser, "6-digit code", true).await;
        }
    }
    expect_focus(&browser, "Send a new code", false).await;
}

#[tokio::test]
async fn changing_the_password_needs_only_the_keyboard() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    ask(&site, &browser).await;
    keys(&browser, &site.letter(ANN).await.code).await;
    browser.arrive("/").await;
    browser.goto(&site.url("/profile")).await.unwrap();
    tab_to(&browser, "Set password").await;
    keys(&browser, ENTER).await;
    tab_to(&browser, "New password").await;
    keys(&browser, &format!("password1234{ENTER}")).await;
    expect_focus(&browser, "New password", true).await;
    keys(&browser, &format!("{SELECT_ALL}three quiet otters{ENTER}")).await;
    let focused = "return document.activeElement.textContent";
    let is_notice = || async { browser.run(focused).await.as_str().unwrap().starts_with("Password saved.") };
    browser.until("the focus on the notice", is_notice).await;
    tab_to(&browser, "Change password").await;
    keys(&browser, ENTER).await;
    tab_to(&browser, "Current password").await;
    keys(&browser, "not the current one").await;
    tab_to(&browser, "New password").await;
    keys(&browser, &format!("four quiet otters{ENTER}")).await;
    expect_focus(&browser, "Current password", true).await;
}
