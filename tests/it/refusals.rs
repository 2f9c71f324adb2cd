//! The sentences of refusals: the same at both doors, and each says what to do.

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::profile::{ANN, OTHER, PASSWORD, also, registered};

both_doors! {
    a_missing_confirmation_names_what_is_to_be_confirmed,
    a_wrong_password_points_to_signing_in_by_email,
    ending_a_session_twice_says_that_the_device_was_already_signed_out,
    too_many_changes_of_address_say_when_the_next_is_possible,
}

/// The text of the last response.
fn said(caller: &Caller) -> &str {
    &caller.last.as_ref().unwrap().body
}

#[track_caller]
fn assert_says(caller: &Caller, sentence: &str) {
    assert_eq!(said(caller).matches(sentence).count(), 1, "{sentence}\n{}", said(caller));
}

async fn a_missing_confirmation_names_what_is_to_be_confirmed(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let refused = Answer::refused_field(422, "confirmation_required", "confirm");
    assert_eq!(ann.delete_account("yes").await, refused);
    assert_says(&ann, "Enter the word delete to confirm.");
    ann.change_email("new@example.org").await;
    app.news_to(ANN).await;
    let letter = app.letter_to("new@example.org").await;
    ann.follow(&letter.link).await;
    let undo = app.news_to(ANN).await.link.unwrap();
    assert_eq!(ann.follow(&undo).await, refused);
    assert_says(&ann, "Tick the box to continue.");
}

async fn a_wrong_password_points_to_signing_in_by_email(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let wrong = Answer::refused_field(422, "wrong_password", "current_password");
    assert_eq!(ann.change_password(OTHER, Some("not mine at all")).await, wrong);
    assert_says(&ann, "If you've forgotten it, reset it by email.");
    assert_eq!(ann.reauthenticate("not mine at all").await, Answer::refused(401, "invalid_credentials"));
    assert_says(&ann, "That isn't this account's password. You can have a code emailed instead.");
}

async fn ending_a_session_twice_says_that_the_device_was_already_signed_out(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    also(&app, door, ANN, PASSWORD).await;
    let (other, _) = ann.sessions().await.into_iter().find(|(_, is_current)| !is_current).unwrap();
    assert_eq!(ann.end_session(&other).await, Answer::Done);
    // Until then it would be a double click.
    app.clock.advance(Duration::from_secs(10));
    for is_htmx in [false, true] {
        ann = ann.with_script(is_htmx);
        for id in [other.as_str(), "nonsense"] {
            assert_eq!(ann.end_session(id).await, Answer::refused(404, "not_found"));
            assert_says(&ann, "That device was already signed out.");
        }
        assert!(door == Door::Json || said(&ann).contains("Signed-in devices"), "{}", said(&ann));
    }
}

async fn too_many_changes_of_address_say_when_the_next_is_possible(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut address = ANN.to_owned();
    for number in 0..16 {
        let next = format!("ann{number}@example.org");
        assert_eq!(ann.change_email(&next).await, Answer::Done);
        app.news_to(&address).await;
        assert_eq!(ann.follow(&app.letter_to(&next).await.link).await, Answer::Done);
        app.news_to(&address).await;
        address = next;
    }
    assert_eq!(ann.change_email("one-more@example.org").await, Answer::refused(429, "too_many_mails"));
    assert_says(&ann, "You've changed your email address too often. You can change it again in 7 days.");
    assert_eq!(ann.last.as_ref().unwrap().header("retry-after"), Some("604800"));
}
