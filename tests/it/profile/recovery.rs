//! A forgotten password.

use std::time::Duration;

use super::{ANN, OTHER, PASSWORD, WAIT, also, registered, wrong};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    a_reset_link_sets_a_new_password_and_signs_out_all_other_devices,
    a_reset_code_sets_a_new_password,
    repeating_a_reset_with_the_same_password_gets_the_same_response,
    a_weak_password_uses_nothing_up,
    an_address_without_an_account_gets_an_email_that_says_so,
    another_persons_reset_request_opens_no_account,
}

async fn a_reset_link_sets_a_new_password_and_signs_out_all_other_devices(door: Door) {
    let app = App::start().await;
    let mut other = registered(&app, door, ANN).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.forgot_password(ANN).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.look_at(&letter.link).await, Answer::Done);
    assert_eq!(ann.reset_by_link(&letter.link, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert_eq!(other.who().await, None);
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, wrong());
    also(&app, door, ANN, OTHER).await;
    // It works once. With a different password it fails even for the requester.
    assert_eq!(ann.sign_out().await, Answer::Done);
    assert_eq!(ann.reset_by_link(&letter.link, PASSWORD).await, Answer::refused(410, "invalid_link"));
}

async fn a_reset_code_sets_a_new_password(door: Door) {
    let app = App::start().await;
    app.signed_in(door, ANN).await;
    app.clock.advance(WAIT);
    let mut ann = app.caller(door);
    ann.forgot_password(ANN).await;
    let letter = app.letter_to(ANN).await;
    let wrong_code = Answer::refused_field(422, "wrong_code", "code");
    assert_eq!(ann.reset_by_code(&letter.wrong_code(), OTHER).await, wrong_code);
    let missing = Answer::refused_field(422, "missing_field", "password");
    assert_eq!(ann.type_code(&letter.code).await, missing);
    assert_eq!(ann.reset_by_code(&letter.code, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
    also(&app, door, ANN, OTHER).await;
}

async fn repeating_a_reset_with_the_same_password_gets_the_same_response(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let mut ann = app.caller(door);
    ann.forgot_password(ANN).await;
    let letter = app.letter_to(ANN).await;
    let (mut twice, mut changed) = (ann.clone(), ann.clone());
    assert_eq!(ann.reset_by_link(&letter.link, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(twice.reset_by_link(&letter.link, OTHER).await, Answer::Done);
    assert_eq!(twice.session(), ann.session());
    let gone = Answer::refused(410, "invalid_link");
    assert_eq!(changed.reset_by_link(&letter.link, "another one entirely").await, gone);
    app.clock.advance(Duration::from_mins(1));
    assert_eq!(changed.reset_by_link(&letter.link, OTHER).await, gone);
}

async fn a_weak_password_uses_nothing_up(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let mut ann = app.caller(door);
    ann.forgot_password(ANN).await;
    let letter = app.letter_to(ANN).await;
    let weak = Answer::refused_field(422, "weak_password", "password");
    assert_eq!(ann.reset_by_link(&letter.link, "short").await, weak);
    assert_eq!(ann.reset_by_code(&letter.code, "short").await, weak);
    let missing = Answer::refused_field(422, "missing_field", "password");
    assert_eq!(ann.follow_deliberately(&letter.link).await, missing);
    also(&app, door, ANN, PASSWORD).await;
    assert_eq!(ann.reset_by_link(&letter.link, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
}

async fn an_address_without_an_account_gets_an_email_that_says_so(door: Door) {
    let app = App::start().await;
    let mut nobody = app.caller(door);
    assert_eq!(nobody.forgot_password(ANN).await, Answer::Done);
    let letter = app.news_to(ANN).await;
    assert!(letter.link.is_none() && letter.code.is_none());
    assert!(letter.text.replace('\n', " ").contains("no account uses it"), "{}", letter.text);
    assert_eq!(app.accounts().await, 0);
}

/// The fourth row of the table of planted accounts: an attacker has a request to reset the victim's
/// password while the victim resets it with the email.
async fn another_persons_reset_request_opens_no_account(door: Door) {
    let app = App::start().await;
    let mut stranger = app.caller(door);
    stranger.register(ANN, "planted by a stranger").await;
    let planted = app.letter_to(ANN).await;
    let mut victim = app.signed_in(door, ANN).await;
    victim.sign_out().await;
    app.clock.advance(WAIT);
    let mut thief = app.caller(door);
    thief.forgot_password(ANN).await;
    let letter = app.letter_to(ANN).await;
    // The victim opens it in a browser that requested nothing.
    assert_eq!(victim.reset_by_link(&letter.link, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(thief.reset_by_code(&letter.code, OTHER).await, Answer::refused(410, "invalid_request"));
    assert_eq!(thief.reset_by_link(&letter.link, OTHER).await, Answer::refused(410, "invalid_link"));
    let unconfirmed = Answer::refused(403, "unconfirmed");
    assert_eq!(stranger.sign_in_with_password(ANN, "planted by a stranger").await, unconfirmed);
    assert_eq!(stranger.follow(&planted.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(stranger.type_code(&planted.code).await, Answer::refused(410, "invalid_request"));
    also(&app, door, ANN, OTHER).await;
}
