//! Going on to an app that leads to another origin at once. Browsers enforce `form-action` on that too.

use super::driver::{Browser, Kind};
use crate::proxy::gate::{Gate, Kind as Proxy};

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "four words on paper";

both_kinds! {
    an_app_that_leads_on_to_another_origin_is_reached_with_a_link,
    an_app_that_leads_on_to_another_origin_is_reached_with_a_code,
    an_app_that_leads_on_to_another_origin_is_reached_with_a_password,
    an_app_that_leads_on_to_another_origin_is_reached_over_a_waiting_page,
}

/// Opens the app signed out, which leads to the sign-in page.
async fn at_the_app(gate: &Gate, kind: Kind) -> Browser {
    let browser = Browser::open(kind).await;
    open_app(&browser, gate).await;
    browser
}

async fn open_app(browser: &Browser, gate: &Gate) {
    let app = format!("http://localhost:{}/app/away?a=1&b=2", gate.proxy.port());
    browser.goto(&app).await.unwrap();
    browser.arrive("/sign-in").await;
}

async fn ask(browser: &Browser) {
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.see("#code").await;
}

/// The browser shows what the other origin sent, and nothing was blocked on the way. Its URL would say nothing:
/// it is the same on the browser's own page about something that was blocked.
async fn landed(browser: &Browser) {
    browser.read("GET /landed HTTP/1.1").await;
    let complaints = browser.complaints().await;
    assert!(
        !complaints.iter().any(|complaint| complaint.contains("Content Security Policy")),
        "{complaints:?}"
    );
}

async fn an_app_that_leads_on_to_another_origin_is_reached_with_a_link(kind: Kind) {
    let Some(gate) = Gate::start(Proxy::Nginx).await else { return };
    let browser = at_the_app(&gate, kind).await;
    ask(&browser).await;
    browser.goto(&gate.link_to(ANN).await).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.press("main form button[type=submit]").await;
    }
    landed(&browser).await;
}

async fn an_app_that_leads_on_to_another_origin_is_reached_with_a_code(kind: Kind) {
    let Some(gate) = Gate::start(Proxy::Nginx).await else { return };
    let browser = at_the_app(&gate, kind).await;
    ask(&browser).await;
    browser.enter_code(&gate.code_to(ANN).await).await;
    landed(&browser).await;
}

async fn an_app_that_leads_on_to_another_origin_is_reached_with_a_password(kind: Kind) {
    let Some(gate) = Gate::start(Proxy::Nginx).await else { return };
    let browser = at_the_app(&gate, kind).await;
    browser.press("nav a[href^='/register']").await;
    browser.fill("#email", ANN).await;
    browser.fill("#password", PASSWORD).await;
    browser.press("#register-form button[type=submit]").await;
    browser.see("#code").await;
    browser.enter_code(&gate.code_to(ANN).await).await;
    // The link in the header of the page came with `next`.
    landed(&browser).await;
    browser.goto(&format!("http://localhost:{}/", gate.proxy.port())).await.unwrap();
    browser.press("nav form button").await;
    browser.read("You're signed out.").await;
    open_app(&browser, &gate).await;
    browser.press("main a[href^='/sign-in/password']").await;
    browser.fill("#email", ANN).await;
    browser.fill("#password", PASSWORD).await;
    browser.press("#password-form button[type=submit]").await;
    landed(&browser).await;
}

/// Someone who is signed in tries to sign in to an account that is not confirmed yet: the form leads to the
/// waiting page, and that one on to the app.
async fn an_app_that_leads_on_to_another_origin_is_reached_over_a_waiting_page(kind: Kind) {
    const NEW: &str = "new@example.org";
    let Some(gate) = Gate::start(Proxy::Nginx).await else { return };
    let url = |path: &str| format!("http://localhost:{}{path}", gate.proxy.port());
    let other = Browser::open(kind).await;
    other.goto(&url("/register")).await.unwrap();
    other.fill("#email", NEW).await;
    other.fill("#password", PASSWORD).await;
    other.press("#register-form button[type=submit]").await;
    other.see("#code").await;
    let browser = Browser::open(kind).await;
    browser.goto(&url("/sign-in/password?next=%2Fapp%2Faway%3Fa%3D1")).await.unwrap();
    let first = browser.window().await.unwrap();
    let second = browser.new_window(true).await.unwrap();
    browser.switch_to_window(second.handle).await.unwrap();
    browser.goto(&url("/sign-in?next=%2Fprofile")).await.unwrap();
    ask(&browser).await;
    browser.enter_code(&gate.code_to(ANN).await).await;
    browser.arrive("/profile").await;
    browser.switch_to_window(first).await.unwrap();
    browser.fill("#email", NEW).await;
    browser.fill("#password", PASSWORD).await;
    browser.press("#password-form button[type=submit]").await;
    browser.read("Signing in here will sign you out of that account.").await;
    browser.fill("#password", PASSWORD).await;
    browser.press("#password-form button[type=submit]").await;
    landed(&browser).await;
}
