//! The account page: each of its forms, inline with scripts and with a notice on the next page without.

use std::time::Duration;

use serde_json::Value;

use super::driver::{Browser, Kind};
use super::registration::{ANN, PASSWORD, register, sign_in};
use super::site::Site;

const OTHER: &str = "chosen in another place";
const NEW: &str = "new@example.org";

both_kinds! {
    the_password_is_changed_and_removed,
    the_address_is_changed_and_restored,
    a_change_of_address_is_cancelled_requested_again_and_confirmed_with_its_code,
    a_new_address_cannot_be_confirmed_for_another_persons_account,
    a_password_is_set_and_all_other_devices_are_signed_out,
    another_device_is_signed_out,
    the_account_is_deleted,
}

/// Someone who registered, confirmed the address and opened the account page.
pub(super) async fn at_profile(site: &Site, kind: Kind) -> Browser {
    let browser = Browser::open(kind).await;
    register(&browser, &site.url("/register?next=%2Fprofile")).await;
    let letter = site.letter(ANN).await;
    open(&browser, kind, &letter.link).await;
    browser.arrive("/profile").await;
    browser.read("Signed-in devices").await;
    browser
}

/// Unfolds the form of a row.
async fn unfold(browser: &Browser, row: &str) {
    browser.press(&format!("#{row} > summary")).await;
}

/// Opens a link in the browser that requested it. With scripts the page submits itself.
async fn open(browser: &Browser, kind: Kind, link: &str) {
    browser.goto(link).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.press("main form button[type=submit]").await;
    }
}

async fn the_password_is_changed_and_removed(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    assert!(!browser.see("#current_password").await.is_displayed().await.unwrap(), "the form is folded away");
    unfold(&browser, "edit-password").await;
    browser.fill("#current_password", "not my password").await;
    browser.fill("#password", OTHER).await;
    browser.press("#change-password").await;
    browser.read("That isn't your current password.").await;
    browser
        .until("the focus on the wrong field", || async {
            browser.focused().await.as_deref() == Some("current_password")
        })
        .await;
    assert_eq!(browser.typed("#password").await, "", "no password is sent back");
    browser.fill("#current_password", PASSWORD).await;
    browser.fill("#password", OTHER).await;
    browser.press("#change-password").await;
    browser.read("Password saved. All other devices have been signed out.").await;
    assert_eq!(site.news(ANN).await, None);
    unfold(&browser, "edit-password").await;
    browser.press("form[action='/profile/password/remove'] button").await;
    browser.read("Password removed. From now on you sign in by email.").await;
    assert_eq!(site.news(ANN).await, None);
    assert_eq!(browser.path().await, "/profile");
    // Chromium reports every refused request, and that the script moved the focus away from the button. It
    // must report nothing about the content security policy.
    let complaints = browser.complaints().await;
    let is_known = |complaint: &String| complaint.contains("422") || complaint.contains("Autofocus");
    assert!(complaints.iter().all(is_known), "{complaints:?}");
}

async fn the_address_is_changed_and_restored(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    unfold(&browser, "edit-email").await;
    browser.fill("#email", NEW).await;
    browser.press("#change-email").await;
    browser.arrive("/check-inbox").await;
    browser.read("We're sending an email to new@example.org").await;
    assert_eq!(site.news(ANN).await, None);
    let letter = site.letter(NEW).await;
    // Another browser shows the code, and no button.
    let stranger = Browser::open(kind).await;
    stranger.goto(&letter.link).await.unwrap();
    stranger.read("Use new@example.org for your account?").await;
    stranger.read("This can be confirmed only in a browser signed in to that account.").await;
    assert_eq!(stranger.count("main button").await, 0);
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.read("Change to new@example.org pending.").await;
    open(&browser, kind, &letter.link).await;
    browser.arrive("/profile").await;
    browser.read("Your email address has been changed.").await;
    let undo = site.news(ANN).await.unwrap();
    stranger.goto(&undo).await.unwrap();
    stranger.read("This puts ann@example.org back on the account").await;
    stranger.press("#confirm").await;
    stranger.press("main form button[type=submit]").await;
    stranger.arrive("/sign-in").await;
    stranger.read("Your email address has been restored.").await;
    assert_eq!((site.news(ANN).await, site.news(NEW).await), (None, None));
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.arrive("/sign-in").await;
}

async fn a_change_of_address_is_cancelled_requested_again_and_confirmed_with_its_code(kind: Kind) {
    let (site, clock) = Site::start_by_hand().await;
    let browser = at_profile(&site, kind).await;
    for _ in 0..2 {
        browser.goto(&site.url("/profile")).await.unwrap();
        unfold(&browser, "edit-email").await;
        browser.fill("#email", NEW).await;
        browser.press("#change-email").await;
        browser.arrive("/check-inbox").await;
        browser.read("We're sending an email to new@example.org").await;
        assert_eq!(site.news(ANN).await, None);
        site.letter(NEW).await;
        browser.goto(&site.url("/profile")).await.unwrap();
        // Within ten seconds the same form would count as sent twice.
        clock.advance(Duration::from_secs(10));
        browser.press("#resend-email").await;
        browser.read("You can ask for another in 20 seconds.").await;
        assert_eq!((browser.count(".error").await, browser.typed("#email").await), (1, String::new()));
        if kind == Kind::Usual {
            assert_eq!(browser.focused().await.as_deref(), Some("resend-email"));
        }
        browser.press("#cancel-email").await;
        browser.read("Change cancelled.").await;
        assert_eq!(browser.count("#resend-email").await, 0);
    }
    unfold(&browser, "edit-email").await;
    browser.fill("#email", NEW).await;
    browser.press("#change-email").await;
    browser.arrive("/check-inbox").await;
    assert_eq!(site.news(ANN).await, None);
    let first = site.letter(NEW).await;
    clock.advance(Duration::from_secs(30));
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.press("#resend-email").await;
    browser.arrive("/check-inbox").await;
    let second = site.letter(NEW).await;
    assert_eq!(first.code, second.code);
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.press("a[href^='/check-inbox']").await;
    browser.enter_code(&second.code).await;
    browser.arrive("/profile").await;
    browser.read("Your email address has been changed.").await;
    assert!(site.news(ANN).await.is_some(), "the old address can undo the change");
}

/// The attack: someone requests a change to the victim's address, and the victim opens the email.
async fn a_new_address_cannot_be_confirmed_for_another_persons_account(kind: Kind) {
    let site = Site::start().await;
    let attacker = at_profile(&site, kind).await;
    unfold(&attacker, "edit-email").await;
    attacker.fill("#email", NEW).await;
    attacker.press("#change-email").await;
    attacker.arrive("/check-inbox").await;
    site.news(ANN).await;
    let letter = site.letter(NEW).await;
    let victim = Browser::open(kind).await;
    for is_signed_in in [false, true] {
        if is_signed_in {
            victim.goto(&site.url("/sign-in")).await.unwrap();
            victim.fill("#email", "carol@example.org").await;
            victim.press("main form button[type=submit]").await;
            victim.see("#code").await;
            open(&victim, kind, &site.letter("carol@example.org").await.link).await;
            victim.read("You're signed in as carol@example.org").await;
        }
        victim.goto(&letter.link).await.unwrap();
        victim.read("This can be confirmed only in a browser signed in to that account.").await;
        victim.press("summary").await;
        victim.read(&letter.code).await;
        assert_eq!(victim.see(".big-code").await.text().await.unwrap(), letter.code);
        assert_eq!(victim.count("main form, main button, main .button").await, 0);
    }
}

/// Everything that someone who signed in by email, with a second browser elsewhere, can do.
async fn a_password_is_set_and_all_other_devices_are_signed_out(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    browser.goto(&site.url("/sign-in?next=%2Fprofile")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button[type=submit]").await;
    browser.see("#code").await;
    open(&browser, kind, &site.letter(ANN).await.link).await;
    browser.arrive("/profile").await;
    unfold(&browser, "edit-password").await;
    browser.fill("#password", PASSWORD).await;
    browser.press("#change-password").await;
    browser.read("Password saved. All other devices have been signed out.").await;
    assert_eq!(site.news(ANN).await, None);
    let elsewhere = Browser::open(kind).await;
    sign_in(&elsewhere, &site, PASSWORD).await;
    elsewhere.arrive("/").await;
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.press("#end-others").await;
    browser.read("All other devices have been signed out.").await;
    assert_eq!(browser.count(".devices li").await, 1);
    elsewhere.goto(&site.url("/profile")).await.unwrap();
    elsewhere.arrive("/sign-in").await;
    for sentence in [
        "Email address confirmed. Account created.",
        "Password changed.",
        "Signed in.",
        "All other devices were signed out.",
    ] {
        browser.read(sentence).await;
    }
    browser.press("a[download]").await;
    let taken: Value = serde_json::from_str(&browser.downloaded("account.json").await).unwrap();
    assert_eq!(taken["account"]["email"], ANN);
    assert_eq!(taken["sessions"].as_array().unwrap().len(), 1);
}

async fn another_device_is_signed_out(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    let elsewhere = Browser::open(kind).await;
    sign_in(&elsewhere, &site, PASSWORD).await;
    elsewhere.arrive("/").await;
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.press(".devices button").await;
    browser.read("Device signed out.").await;
    elsewhere.goto(&site.url("/profile")).await.unwrap();
    elsewhere.arrive("/sign-in").await;
}

async fn the_account_is_deleted(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    unfold(&browser, "delete-account").await;
    browser.fill("#confirm", "yes").await;
    browser.press("form[action='/profile/delete'] button").await;
    browser.read("Enter the word delete to confirm.").await;
    browser.fill("#confirm", "delete").await;
    browser.press("form[action='/profile/delete'] button").await;
    browser.arrive("/sign-in").await;
    browser.read("Your account has been deleted.").await;
    assert_eq!(site.news(ANN).await, None);
    sign_in(&browser, &site, PASSWORD).await;
    browser.read("That email address and password don't match.").await;
}
