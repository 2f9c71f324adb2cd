//! Setting, changing and removing the password.

use std::time::Duration;

use super::{ANN, OTHER, PASSWORD, WAIT, also, registered, stale, wrong};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    changing_the_password_signs_out_all_other_devices,
    an_account_without_a_password_can_set_one,
    a_removed_password_leaves_signing_in_by_email,
    a_refused_change_changes_nothing,
    an_older_sign_in_has_to_be_confirmed_first,
    changing_the_password_voids_earlier_requests,
}

async fn changing_the_password_signs_out_all_other_devices(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut elsewhere = also(&app, door, ANN, PASSWORD).await;
    let stolen = ann.clone();
    assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
    let news = app.news_to(ANN).await;
    assert!(news.link.is_none() && news.code.is_none(), "{}", news.text);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert_eq!(elsewhere.who().await, None);
    // A copy of the acting session no longer works either.
    assert_eq!(stolen.clone().who().await, None);
    let mut again = app.caller(door);
    assert_eq!(again.sign_in_with_password(ANN, PASSWORD).await, wrong());
    assert_eq!(again.sign_in_with_password(ANN, OTHER).await, Answer::Done);
}

async fn an_account_without_a_password_can_set_one(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, ANN).await;
    assert!(!ann.has_password().await);
    assert_eq!(ann.change_password(PASSWORD, None).await, Answer::Done);
    app.news_to(ANN).await;
    assert!(ann.has_password().await);
    also(&app, door, ANN, PASSWORD).await;
}

async fn a_removed_password_leaves_signing_in_by_email(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    assert_eq!(ann.remove_password().await, Answer::Done);
    app.news_to(ANN).await;
    assert!(!ann.has_password().await);
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, wrong());
    // Removing a password that is not set is no error and sends no notice.
    assert_eq!(ann.remove_password().await, Answer::Done);
    app.clock.advance(WAIT);
    app.signed_in(door, ANN).await;
}

async fn a_refused_change_changes_nothing(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let weak = Answer::refused_field(422, "weak_password", "password");
    for password in ["short", "password1234", ANN, &"x".repeat(1025)] {
        assert_eq!(ann.change_password(password, Some(PASSWORD)).await, weak, "{password}");
    }
    let wrong_password = Answer::refused_field(422, "wrong_password", "current_password");
    assert_eq!(ann.change_password(OTHER, Some("not my password")).await, wrong_password);
    assert_eq!(ann.change_password(OTHER, Some(&"x".repeat(1025))).await, wrong_password);
    let missing = Answer::refused_field(422, "missing_field", "current_password");
    assert_eq!(ann.change_password(OTHER, None).await, missing);
    assert_eq!(app.caller(door).change_password(OTHER, None).await, Answer::refused(401, "sign_in_required"));
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    also(&app, door, ANN, PASSWORD).await;
}

async fn an_older_sign_in_has_to_be_confirmed_first(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.advance(Duration::from_mins(10));
    assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, stale());
    assert_eq!(ann.remove_password().await, stale());
    assert_eq!(ann.change_email("new@example.org").await, stale());
    assert_eq!(ann.end_other_sessions().await, stale());
    assert_eq!(ann.delete_account("delete").await, stale());
    assert_eq!(ann.reauthenticate("not my password").await, wrong());
    assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, stale());
    let before = ann.session();
    assert_eq!(ann.reauthenticate(PASSWORD).await, Answer::Done);
    assert_eq!(ann.session(), before, "stepping up changes no id");
    assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
    app.news_to(ANN).await;
    // The same by email: the code works only in the session that requested it.
    app.clock.advance(Duration::from_mins(10));
    assert_eq!(ann.remove_password().await, stale());
    assert_eq!(ann.reauthenticate_by_mail(ANN).await, Answer::Done);
    let letter = app.news_to(ANN).await;
    assert!(letter.link.is_none());
    let code = letter.code.unwrap().as_str().to_owned();
    let mut elsewhere = ann.clone();
    elsewhere.bearer = None;
    elsewhere.cookies.retain(|(name, _)| name != "gatepost_session");
    assert_eq!(elsewhere.type_code(&code).await, Answer::refused(401, "sign_in_required"));
    assert_eq!(ann.type_code(&code).await, Answer::Done);
    assert_eq!(ann.remove_password().await, Answer::Done);
    app.news_to(ANN).await;
}

async fn changing_the_password_voids_earlier_requests(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut waiting = app.caller(door);
    waiting.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(waiting.follow(&letter.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(waiting.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
}
