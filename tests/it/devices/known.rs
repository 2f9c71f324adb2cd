//! Which devices are known, and which sign-ins cause no email.

use super::{emails_of, emails_of_sign_in};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::profile::{ANN, OTHER, PASSWORD, registered};

both_doors! {
    a_sign_in_on_a_new_device_causes_an_email,
    a_sign_in_where_the_account_is_signed_in_causes_none,
    a_sign_in_where_another_account_is_signed_in_causes_one,
    a_sign_in_by_email_causes_none,
    a_wrong_password_causes_none,
    confirming_a_registration_and_resetting_a_password_cause_none,
    confirming_who_is_signed_in_causes_none,
}

async fn a_sign_in_on_a_new_device_causes_an_email(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let emails = emails_of(&app, &mut app.caller(door)).await;
    let recipients: Vec<&str> = emails.iter().map(|email| email.to.as_str()).collect();
    assert_eq!(recipients, [ANN]);
}

async fn a_sign_in_where_the_account_is_signed_in_causes_none(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    assert!(emails_of(&app, &mut ann).await.is_empty());
    // A session counts, whether or not there is a cookie as well.
    ann.cookies.retain(|(name, _)| name != "gatepost_known");
    assert!(emails_of(&app, &mut ann).await.is_empty());
}

async fn a_sign_in_where_another_account_is_signed_in_causes_one(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let mut bob = registered(&app, door, "bob@example.org").await;
    assert_eq!(emails_of(&app, &mut bob).await.len(), 1);
}

async fn a_sign_in_by_email_causes_none(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    app.signed_in(door, ANN).await;
    assert!(app.device_emails().await.is_empty());
}

async fn a_wrong_password_causes_none(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let answer = app.caller(door).sign_in_with_password(ANN, OTHER).await;
    assert_eq!(answer, Answer::refused(401, "invalid_credentials"));
    assert!(app.device_emails().await.is_empty());
}

async fn confirming_a_registration_and_resetting_a_password_cause_none(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let mut elsewhere = app.caller(door);
    elsewhere.forgot_password(ANN).await;
    let reset = app.letter_to(ANN).await;
    assert_eq!(elsewhere.reset_by_code(&reset.code, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
    assert!(app.device_emails().await.is_empty());
}

async fn confirming_who_is_signed_in_causes_none(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    ann.cookies.retain(|(name, _)| name != "gatepost_known");
    assert_eq!(ann.reauthenticate(PASSWORD).await, Answer::Done);
    assert!(app.device_emails().await.is_empty());
}

#[tokio::test]
async fn a_browser_is_known_after_signing_out() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    ann.sign_out().await;
    assert!(emails_of(&app, &mut ann).await.is_empty());
}

#[tokio::test]
async fn a_browser_that_was_signed_in_by_email_is_known() {
    let app = App::start().await;
    registered(&app, Door::Pages, ANN).await;
    let mut elsewhere = app.signed_in(Door::Pages, ANN).await;
    elsewhere.sign_out().await;
    assert!(emails_of(&app, &mut elsewhere).await.is_empty());
}

#[tokio::test]
async fn a_browser_that_has_caused_an_email_is_known_from_then_on() {
    let app = App::start().await;
    registered(&app, Door::Pages, ANN).await;
    let mut elsewhere = app.caller(Door::Pages);
    assert_eq!(emails_of(&app, &mut elsewhere).await.len(), 1);
    elsewhere.sign_out().await;
    assert!(emails_of(&app, &mut elsewhere).await.is_empty());
}

#[tokio::test]
async fn a_program_is_known_only_by_its_session() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Json, ANN).await;
    ann.sign_out().await;
    assert_eq!(emails_of(&app, &mut ann).await.len(), 1, "its session has ended");
    assert!(emails_of(&app, &mut ann).await.is_empty());
    let cookies = registered(&app, Door::Pages, "bob@example.org").await.cookies;
    let mut program = app.caller(Door::Json);
    program.cookies = cookies;
    let emails = emails_of_sign_in(&app, &mut program, "bob@example.org", PASSWORD).await;
    assert_eq!(emails.len(), 1, "the API reads no cookies");
}

/// Whoever changes the password wants everyone else out.
#[tokio::test]
async fn after_a_password_change_only_the_browser_that_made_it_is_known() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let mut elsewhere = app.caller(Door::Pages);
    assert_eq!(emails_of(&app, &mut elsewhere).await.len(), 1);
    assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(emails_of_sign_in(&app, &mut elsewhere, ANN, OTHER).await.len(), 1);
    ann.sign_out().await;
    assert!(emails_of_sign_in(&app, &mut ann, ANN, OTHER).await.is_empty());
}

#[tokio::test]
async fn after_a_restore_no_browser_is_known() {
    let app = App::start().await;
    let ann = registered(&app, Door::Pages, ANN).await;
    app.note_restored().await;
    let app = app.restarted_as(gatepost::domain::Settings::default()).await;
    assert_eq!(emails_of(&app, &mut ann.at(app.server)).await.len(), 1);
}
