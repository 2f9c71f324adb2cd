//! The account page: every form of it, inline with scripts and by a notice without.

use std::time::Duration;

use serde_json::Value;

use super::driver::{Browser, Kind};
use super::registration::{ANN, PASSWORD, register, sign_in};
use super::site::Site;

const OTHER: &str = "chosen in another place";
const NEW: &str = "new@example.org";

both_kinds! {
    the_password_is_changed_and_removed,
    the_address_is_changed_and_taken_back,
    a_change_of_address_is_called_off_asked_for_again_and_done_by_its_code,
    nobody_is_offered_to_confirm_an_address_for_somebody_elses_account,
    a_password_is_set_and_everybody_else_signed_out,
    another_place_is_signed_out,
    the_account_is_deleted,
}

/// Somebody who registered, confirmed and looks at the account page.
pub(super) async fn at_profile(site: &Site, kind: Kind) -> Browser {
    let browser = Browser::open(kind).await;
    register(&browser, &site.url("/register?next=%2Fprofile")).await;
    let letter = site.letter(ANN).await;
    open(&browser, kind, &letter.link).await;
    browser.arrive("/profile").await;
    browser.read("Where you are signed in").await;
    browser
}

/// Opens a link that redeems itself where it was asked for, if the page has scripts.
async fn open(browser: &Browser, kind: Kind, link: &str) {
    browser.goto(link).await.unwrap();
    if kind == Kind::WithoutScripts {
        browser.press("main form button").await;
    }
}

async fn the_password_is_changed_and_removed(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    browser.fill("#current_password", "not my password").await;
    browser.fill("#password", OTHER).await;
    browser.press("form[action='/profile/password'] button").await;
    browser.read("That is not your present password.").await;
    browser
        .until("the wrong one", || async { browser.focused().await.as_deref() == Some("current_password") })
        .await;
    assert_eq!(browser.typed("#password").await, "", "no password comes back");
    browser.fill("#current_password", PASSWORD).await;
    browser.fill("#password", OTHER).await;
    browser.press("form[action='/profile/password'] button").await;
    browser.read("Your password is set. Everybody else is signed out.").await;
    assert_eq!(site.news(ANN).await, None);
    browser.press("form[action='/profile/password/remove'] button").await;
    browser.read("Your password is gone: you sign in by mail from now on.").await;
    assert_eq!(site.news(ANN).await, None);
    assert_eq!(browser.path().await, "/profile");
    // Chromium tells of every refusal that is answered, and that the script moved on from the button; of
    // our content security policy, nothing.
    let complaints = browser.complaints().await;
    let is_known = |complaint: &String| complaint.contains("422") || complaint.contains("Autofocus");
    assert!(complaints.iter().all(is_known), "{complaints:?}");
}

async fn the_address_is_changed_and_taken_back(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    browser.fill("#email", NEW).await;
    browser.press("form[action='/profile/email'] button").await;
    browser.arrive("/check-inbox").await;
    browser.read("A letter is on its way to new@example.org").await;
    assert_eq!(site.news(ANN).await, None);
    let letter = site.letter(NEW).await;
    // In another browser there is a code to carry, and no button.
    let stranger = Browser::open(kind).await;
    stranger.goto(&letter.link).await.unwrap();
    stranger.read("Is this you?").await;
    let text = stranger.text().await;
    assert!(text.contains("only where that account is signed in") && !text.contains("Confirm the"), "{text}");
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.read("You asked to change it to new@example.org").await;
    open(&browser, kind, &letter.link).await;
    browser.arrive("/profile").await;
    browser.read("Your address is changed.").await;
    let undo = site.news(ANN).await.unwrap();
    stranger.goto(&undo).await.unwrap();
    stranger.read("This gives the account its address ann@example.org back").await;
    stranger.press("#confirm").await;
    stranger.press("main form button").await;
    stranger.arrive("/sign-in").await;
    stranger.read("The old address is back.").await;
    assert_eq!((site.news(ANN).await, site.news(NEW).await), (None, None));
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.arrive("/sign-in").await;
}

async fn a_change_of_address_is_called_off_asked_for_again_and_done_by_its_code(kind: Kind) {
    let (site, clock) = Site::start_by_hand().await;
    let browser = at_profile(&site, kind).await;
    for _ in 0..2 {
        browser.goto(&site.url("/profile")).await.unwrap();
        browser.fill("#email", NEW).await;
        browser.press("#change-email").await;
        browser.arrive("/check-inbox").await;
        browser.read("A letter is on its way to new@example.org").await;
        assert_eq!(site.news(ANN).await, None);
        site.letter(NEW).await;
        browser.goto(&site.url("/profile")).await.unwrap();
        browser.press("#resend-email").await;
        browser.read("You can ask for another one in 30 seconds.").await;
        assert_eq!((browser.count(".error").await, browser.typed("#email").await), (1, String::new()));
        if kind == Kind::Usual {
            assert_eq!(browser.focused().await.as_deref(), Some("resend-email"));
        }
        browser.press("#cancel-email").await;
        browser.read("The change of address is called off.").await;
        assert_eq!(browser.count("#resend-email").await, 0);
    }
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
    browser.fill("#code", &second.code).await;
    browser.press("#code-form button").await;
    browser.arrive("/profile").await;
    browser.read("Your address is changed.").await;
    assert!(site.news(ANN).await.is_some(), "the old address can take it back");
}

/// The trojan: whoever is signed in asks to change to the victim's address, and the victim opens the letter.
async fn nobody_is_offered_to_confirm_an_address_for_somebody_elses_account(kind: Kind) {
    let site = Site::start().await;
    let trojan = at_profile(&site, kind).await;
    trojan.fill("#email", NEW).await;
    trojan.press("#change-email").await;
    trojan.arrive("/check-inbox").await;
    site.news(ANN).await;
    let letter = site.letter(NEW).await;
    let victim = Browser::open(kind).await;
    for is_signed_in in [false, true] {
        if is_signed_in {
            victim.goto(&site.url("/sign-in")).await.unwrap();
            victim.fill("#email", "carol@example.org").await;
            victim.press("main form button").await;
            victim.see("#code").await;
            open(&victim, kind, &site.letter("carol@example.org").await.link).await;
            victim.read("You are signed in as carol@example.org").await;
        }
        victim.goto(&letter.link).await.unwrap();
        victim.read("That can be confirmed only where that account is signed in.").await;
        victim.press("summary").await;
        victim.read(&letter.code).await;
        assert_eq!(victim.see(".big-code").await.text().await.unwrap(), letter.code);
        assert_eq!(victim.count("main form, main button, main .button").await, 0);
    }
}

/// All that can be done by who signed in by mail, and has a second browser somewhere.
async fn a_password_is_set_and_everybody_else_signed_out(kind: Kind) {
    let (site, browser) = (Site::start().await, Browser::open(kind).await);
    browser.goto(&site.url("/sign-in?next=%2Fprofile")).await.unwrap();
    browser.fill("#email", ANN).await;
    browser.press("main form button").await;
    browser.see("#code").await;
    open(&browser, kind, &site.letter(ANN).await.link).await;
    browser.arrive("/profile").await;
    browser.read("Set a password").await;
    browser.fill("#password", PASSWORD).await;
    browser.press("#change-password").await;
    browser.read("Your password is set. Everybody else is signed out.").await;
    assert_eq!(site.news(ANN).await, None);
    let elsewhere = Browser::open(kind).await;
    sign_in(&elsewhere, &site, PASSWORD).await;
    elsewhere.arrive("/").await;
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.press("#end-others").await;
    browser.read("Everybody else is signed out.").await;
    assert_eq!(browser.count(".places li").await, 1);
    elsewhere.goto(&site.url("/profile")).await.unwrap();
    elsewhere.arrive("/sign-in").await;
    for sentence in [
        "The address was confirmed: the account came to be.",
        "The password was set or changed.",
        "Signed in.",
        "All other sessions were ended.",
    ] {
        browser.read(sentence).await;
    }
    browser.press("a[download]").await;
    let taken: Value = serde_json::from_str(&browser.downloaded("account.json").await).unwrap();
    assert_eq!(taken["account"]["email"], ANN);
    assert_eq!(taken["sessions"].as_array().unwrap().len(), 1);
}

async fn another_place_is_signed_out(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    let elsewhere = Browser::open(kind).await;
    sign_in(&elsewhere, &site, PASSWORD).await;
    elsewhere.arrive("/").await;
    browser.goto(&site.url("/profile")).await.unwrap();
    browser.press(".places button").await;
    browser.read("That session is over.").await;
    elsewhere.goto(&site.url("/profile")).await.unwrap();
    elsewhere.arrive("/sign-in").await;
}

async fn the_account_is_deleted(kind: Kind) {
    let site = Site::start().await;
    let browser = at_profile(&site, kind).await;
    browser.fill("#confirm", "yes").await;
    browser.press("form[action='/profile/delete'] button").await;
    browser.read("Please type the word delete").await;
    browser.fill("#confirm", "delete").await;
    browser.press("form[action='/profile/delete'] button").await;
    browser.arrive("/sign-in").await;
    browser.read("Your account is deleted.").await;
    assert_eq!(site.news(ANN).await, None);
    sign_in(&browser, &site, PASSWORD).await;
    browser.read("That email address and password don't match.").await;
}
