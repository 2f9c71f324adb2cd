//! The tab that waits for an email.

use std::time::Duration;

use fantoccini::Locator;

use super::driver::{Browser, Kind, is_installed};
use super::site::{Letter, Site};

const ANN: &str = "ann@example.org";
const ENTER: &str = "\u{e007}";

both_kinds! {
    a_code_entered_in_the_waiting_tab_signs_in,
    another_email_requested_too_soon_is_refused,
    five_wrong_codes_leave_the_link_and_a_new_code,
    an_expired_request_offers_a_new_email,
}

async fn waits(kind: Kind, site: &Site) -> (Browser, Letter) {
    let browser = Browser::open(kind).await;
    browser.goto(&site.url("/sign-in?next=%2Fprofile")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.see("#code").await;
    let letter = site.letter(ANN).await;
    (browser, letter)
}

/// Codes that are wrong, each one different.
fn wrong_codes(letter: &Letter) -> impl Iterator<Item = String> {
    let right: u32 = letter.code.parse().unwrap();
    (1..=5).map(move |step| format!("{:06}", (right + step) % 1_000_000))
}

/// Waits for the answer to a wrong code.
async fn is_emptied(browser: &Browser) {
    let is_empty = || async { browser.run("return document.getElementById('code')?.value").await == "" };
    browser.until("an empty field", is_empty).await;
}

async fn a_code_entered_in_the_waiting_tab_signs_in(kind: Kind) {
    let site = Site::start().await;
    let (browser, letter) = waits(kind, &site).await;
    browser.enter_code(&wrong_codes(&letter).next().unwrap()).await;
    browser.see("#code[aria-invalid]").await;
    assert_eq!(browser.typed("#code").await, "");
    browser.focus_is_on("code").await;
    // As people copy it.
    browser.enter_code(&format!("{} {}", &letter.code[..3], &letter.code[3..])).await;
    browser.arrive("/profile").await;
}

async fn another_email_requested_too_soon_is_refused(kind: Kind) {
    let site = Site::start().await;
    let (browser, letter) = waits(kind, &site).await;
    if kind == Kind::Usual {
        // The script says in the button how long to wait, and lets no one press it meanwhile.
        browser.see("#resend[aria-disabled=true]").await;
        browser.read("Send again in").await;
        browser.press("#resend").await;
        browser.rest().await;
        assert_eq!(browser.count("#told *").await, 0);
        assert!(!browser.text().await.contains("You can send another"));
    } else {
        browser.read("You can send another in").await;
        browser.press("#resend").await;
        browser.see("#told .error").await;
        browser.read("You can ask for another").await;
    }
    browser.enter_code(&letter.code).await;
    browser.arrive("/profile").await;
}

async fn five_wrong_codes_leave_the_link_and_a_new_code(kind: Kind) {
    let ((site, clock), browser) = (Site::start_by_hand().await, Browser::open(kind).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.see("#code").await;
    let first = site.letter(ANN).await;
    clock.advance(Duration::from_secs(30));
    for (count, wrong) in wrong_codes(&first).enumerate() {
        browser.enter_code(&wrong).await;
        if count < 4 {
            browser.see("#code[aria-invalid]").await;
            is_emptied(&browser).await;
        }
    }
    let is_spent = || async {
        browser.read("This code no longer works").await;
        browser.read("The link in it works until it expires.").await;
        assert_eq!(browser.count("#code").await, 0);
        browser.focus_is_on("resend").await;
        assert_eq!(
            browser.find(Locator::Id("resend")).await.unwrap().text().await.unwrap(),
            "Send a new code"
        );
    };
    is_spent().await;
    assert!(browser.title().await.unwrap().starts_with("This code no longer works"));
    browser.goto(&site.url("/check-inbox")).await.unwrap();
    is_spent().await;
    browser.keys(ENTER).await;
    browser.read("Another email is on its way.").await;
    let second = site.letter(ANN).await;
    assert_ne!(second.code, first.code);
    browser.enter_code(&second.code).await;
    browser.arrive("/").await;
}

async fn an_expired_request_offers_a_new_email(kind: Kind) {
    let ((site, clock), browser) = (Site::start_by_hand().await, Browser::open(kind).await);
    browser.goto(&site.url("/forgot-password")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("#forgot-form button[type=submit]").await;
    browser.arrive("/check-inbox").await;
    browser.see("#code").await;
    // This address has no account, so its email has no code.
    assert_eq!(site.news(ANN).await, None);
    clock.advance(Duration::from_hours(1));
    if kind == Kind::WithoutScripts {
        browser.refresh().await.unwrap();
    }
    browser.read("Your code has expired").await;
    assert_eq!(browser.count("#code").await, 0);
    browser.press("#resend").await;
    browser.read("Another email is on its way.").await;
    browser.see("#code").await;
    assert_eq!(site.news(ANN).await, None);
}

/// The waiting tab asks for its state every few seconds. Meanwhile the code entered so far stays, and
/// the tab moves on once the link was opened in another tab.
async fn moves_on_by_itself(path: &str) {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    let (browser, letter) = waits(Kind::Usual, &site).await;
    if path == "/check-inbox" {
        browser.goto(&site.url(path)).await.unwrap();
    }
    browser.fill("#code", "123").await;
    let wait = "return document.getElementById('resend').dataset.wait ?? 'none'";
    let before = browser.run(wait).await;
    let has_asked = || async { browser.run(wait).await != before };
    browser.until("the next look", has_asked).await;
    assert_eq!(browser.typed("#code").await, "123");
    assert_eq!(browser.focused().await.as_deref(), Some("code"));
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

#[tokio::test]
async fn the_wait_for_another_email_is_counted_down_in_its_button() {
    if !is_installed() {
        return;
    }
    let ((site, clock), browser) = (Site::start_by_hand().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.see("#code").await;
    clock.advance(Duration::from_secs(28));
    // The server's clock stands still, so it is the script that counts.
    browser.read("Send again in 2 s").await;
    browser.read("Send again in 1 s").await;
    clock.advance(Duration::from_secs(2));
    browser.see("#resend:not([aria-disabled])").await;
    browser.read("Send another email").await;
    browser.press("#resend").await;
    browser.read("Another email is on its way.").await;
    browser.see("#resend[aria-disabled=true]").await;
    browser.focus_is_on("resend").await;
}

#[tokio::test]
async fn a_complete_code_is_sent_once() {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    let (browser, letter) = waits(Kind::Usual, &site).await;
    let wrong = wrong_codes(&letter).next().unwrap();
    browser.fill("#code", &wrong).await;
    browser.see("#code[aria-invalid]").await;
    // Entered again, it waits for the person to send it.
    browser.fill("#code", &wrong).await;
    browser.rest().await;
    assert_eq!(browser.typed("#code").await, wrong);
    browser.keys(ENTER).await;
    is_emptied(&browser).await;
    // As a browser fills it in, or someone pastes it.
    let paste = "const [code] = arguments; const field = document.getElementById('code'); \
                 field.value = code; field.dispatchEvent(new Event('input', { bubbles: true }))";
    browser.execute(paste, vec![letter.code.into()]).await.unwrap();
    browser.arrive("/profile").await;
}

#[tokio::test]
async fn a_refusal_before_the_pages_is_shown_and_keeps_the_entered_address() {
    if !is_installed() {
        return;
    }
    let (site, browser) = (Site::start().await, Browser::open(Kind::Usual).await);
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.run("htmx.ajax('POST', '/nothing', { source: 'main form' })").await;
    browser.read("There's nothing at this web address.").await;
    assert_eq!(browser.typed("#email").await, ANN);
}

#[tokio::test]
async fn an_unreachable_server_is_reported_on_the_page() {
    if !is_installed() {
        return;
    }
    let site = Site::start().await;
    let browser = Browser::open(Kind::Usual).await;
    browser.goto(&site.url("/sign-in")).await.unwrap();
    browser.go_offline().await;
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.read("We couldn't reach the server. Check your connection and try again.").await;
    assert_eq!(browser.typed("#email").await, ANN);
}
