//! Deleting an account.

use std::time::Duration;

use super::{ANN, PASSWORD, WAIT, also, registered, wrong};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    nothing_is_left_of_a_deleted_account,
    an_address_can_register_afresh_and_no_older_token_works,
    only_the_typed_word_deletes,
}

async fn nothing_is_left_of_a_deleted_account(door: Door) {
    let app = App::start().await;
    let empty = app.records().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut elsewhere = also(&app, door, ANN, PASSWORD).await;
    let mut waiting = app.caller(door);
    waiting.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    // What the account itself asked for goes with it, and nothing else.
    assert_eq!(ann.change_email("new@example.org").await, Answer::Done);
    app.news_to(ANN).await;
    app.letter_to("new@example.org").await;
    assert_eq!(ann.reauthenticate_by_mail(ANN).await, Answer::Done);
    app.news_to(ANN).await;
    let others = app.records().await.requests - 2;
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    let news = app.news_to(ANN).await;
    assert!(news.link.is_none() && news.code.is_none());
    assert_eq!((ann.who().await, elsewhere.who().await), (None, None));
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, wrong());
    assert_eq!(waiting.follow(&letter.link).await, Answer::refused(410, "invalid_link"));
    app.sweep_after(Duration::from_mins(1)).await;
    let left = app.records().await;
    assert_eq!((left.accounts, left.sessions, left.requests, left.history), (0, 0, others, 0));
    // That the address was left is forgotten once nothing could come back to life.
    app.sweep_after(Duration::from_hours(31 * 24)).await;
    assert_eq!(app.records().await.without_events(), empty.without_events());
}

async fn an_address_can_register_afresh_and_no_older_token_works(door: Door) {
    let app = App::start().await;
    let mut stranger = app.caller(door);
    stranger.register(ANN, "planted by a stranger").await;
    let planted = app.letter_to(ANN).await;
    let mut ann = registered(&app, door, ANN).await;
    let first = app.account(ANN).await.id;
    assert_eq!(ann.delete_account(" DELETE ").await, Answer::Done);
    app.news_to(ANN).await;
    // What was asked for before the account came to be does not come back to life.
    assert_eq!(stranger.follow(&planted.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(stranger.type_code(&planted.code).await, Answer::refused(410, "invalid_request"));
    app.clock.advance(WAIT);
    registered(&app, door, ANN).await;
    assert_ne!(app.account(ANN).await.id, first);
    assert_eq!(ann.who().await, None);
}

async fn only_the_typed_word_deletes(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let refused = Answer::refused_field(422, "confirmation_required", "confirm");
    for word in ["", "yes", "delete me"] {
        assert_eq!(ann.delete_account(word).await, refused, "{word:?}");
    }
    assert_eq!(ann.act("/profile/delete", &[]).await, Answer::refused_field(422, "missing_field", "confirm"));
    let sign_in = Answer::refused(401, "sign_in_required");
    assert_eq!(app.caller(door).delete_account("delete").await, sign_in);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
}
