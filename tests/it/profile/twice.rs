//! What is brought a second time: the same answer for the same, and never "done" for what was not.

use std::time::Duration;

use super::{ANN, OTHER, PASSWORD, WAIT, also, registered, wrong};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    a_reset_is_not_repeated_by_another_password,
    a_password_chosen_elsewhere_is_not_repeated_by_another,
    a_code_proves_once_and_for_a_moment,
    an_older_code_proves_nothing_once_it_is_proven_anew,
    a_code_is_asked_for_anew_after_signing_in_anew,
    a_code_proves_it_after_the_clock_was_set_back,
    a_spent_code_is_told_from_no_other,
    a_password_is_not_taken_from_who_went_on_without_one,
}

const THIRD: &str = "nine pale herons";
const TEN_MINUTES: Duration = Duration::from_mins(10);

fn gone() -> Answer {
    Answer::refused(410, "invalid_link")
}

fn code_gone() -> Answer {
    Answer::refused(410, "invalid_request")
}

async fn a_reset_is_not_repeated_by_another_password(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let mut ann = app.caller(door);
    ann.forgot_password(ANN).await;
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.reset_by_link(&letter.link, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
    // In the very session it made, where the link leads on.
    assert_eq!(ann.reset_by_link(&letter.link, OTHER).await, Answer::Done, "a double click");
    assert_eq!(ann.reset_by_link(&letter.link, THIRD).await, gone());
    assert_eq!(app.caller(door).sign_in_with_password(ANN, THIRD).await, wrong());
    also(&app, door, ANN, OTHER).await;
}

async fn a_password_chosen_elsewhere_is_not_repeated_by_another(door: Door) {
    let app = App::start().await;
    app.caller(door).register(ANN, PASSWORD).await;
    let letter = app.letter_to(ANN).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.confirm_elsewhere(&letter.link, Some(OTHER)).await, Answer::Done);
    assert_eq!(ann.confirm_elsewhere(&letter.link, Some(OTHER)).await, Answer::Done, "a double click");
    assert_eq!(ann.confirm_elsewhere(&letter.link, Some(THIRD)).await, gone());
    assert_eq!(app.caller(door).sign_in_with_password(ANN, THIRD).await, wrong());
    also(&app, door, ANN, OTHER).await;
}

/// Two tabs of one link: the first goes on without a password.
async fn a_password_is_not_taken_from_who_went_on_without_one(door: Door) {
    let app = App::start().await;
    app.caller(door).register(ANN, PASSWORD).await;
    let letter = app.letter_to(ANN).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.confirm_elsewhere(&letter.link, None).await, Answer::Done);
    assert_eq!(ann.confirm_elsewhere(&letter.link, Some(THIRD)).await, gone());
    assert_eq!(ann.confirm_elsewhere(&letter.link, Some("a")).await, gone());
    assert!(!ann.has_password().await);
}

async fn a_code_proves_once_and_for_a_moment(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.advance(TEN_MINUTES);
    ann.reauthenticate_by_mail(ANN).await;
    let code = app.news_to(ANN).await.code.unwrap();
    let asking = ann.clone();
    assert_eq!(ann.type_code(code.as_str()).await, Answer::Done);
    app.clock.advance(Duration::from_secs(59));
    assert_eq!(asking.clone().type_code(code.as_str()).await, Answer::Done, "a double click");
    app.clock.advance(Duration::from_mins(9));
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(ann.cancel_email_change().await, Answer::refused(403, "recent_sign_in_required"));
    assert_eq!(asking.clone().type_code(code.as_str()).await, code_gone());
    assert_eq!(ann.cancel_email_change().await, Answer::refused(403, "recent_sign_in_required"));
}

async fn an_older_code_proves_nothing_once_it_is_proven_anew(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.advance(TEN_MINUTES);
    let older = code_for(&app, &mut ann).await;
    let asking = ann.clone();
    app.clock.advance(WAIT);
    assert_eq!(ann.reauthenticate(PASSWORD).await, Answer::Done);
    app.clock.advance(Duration::from_secs(570));
    assert_eq!(asking.clone().type_code(&older).await, code_gone());
    app.clock.advance(WAIT);
    // Asked again, by the same request or for one more letter of it, there is a code that does.
    ann = asking.clone();
    let newer = code_for(&app, &mut ann).await;
    assert_ne!(newer, older);
    assert_eq!(ann.clone().type_code(&newer).await, Answer::Done);
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
    app.clock.advance(TEN_MINUTES);
    assert_eq!(ann.resend().await, Answer::Done);
    let newest = app.news_to(ANN).await.code.unwrap();
    assert_eq!(ann.type_code(newest.as_str()).await, Answer::Done);
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
}

/// Whoever signs in anew in the same browser is not kept out by what the session before had asked for.
async fn a_code_is_asked_for_anew_after_signing_in_anew(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    code_for(&app, &mut ann).await;
    app.clock.advance(WAIT);
    ann.sign_out().await;
    assert_eq!(ann.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    app.clock.advance(TEN_MINUTES);
    let code = code_for(&app, &mut ann).await;
    assert_eq!(ann.type_code(&code).await, Answer::Done);
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
}

/// Nor by a clock that was ahead when it was proven last.
async fn a_code_proves_it_after_the_clock_was_set_back(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.set_back(Duration::from_hours(1));
    assert_eq!(ann.cancel_email_change().await, Answer::refused(403, "recent_sign_in_required"));
    let code = code_for(&app, &mut ann).await;
    assert_eq!(ann.type_code(&code).await, Answer::Done);
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
}

/// Who asked in somebody's name and has used up the tries learns nothing more by bringing passwords.
async fn a_spent_code_is_told_from_no_other(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let mut stranger = app.caller(door);
    stranger.forgot_password(ANN).await;
    let letter = app.letter_to(ANN).await;
    for _ in 0..5 {
        stranger.reset_by_code(&letter.wrong_code(), OTHER).await;
    }
    let hashed = app.house.gatepost.passwords_hashed();
    for code in [&letter.code, &letter.wrong_code()] {
        for password in ["a", OTHER] {
            assert_eq!(stranger.reset_by_code(code, password).await, code_gone(), "{code} {password}");
        }
    }
    assert_eq!(app.house.gatepost.passwords_hashed(), hashed);
}

/// Asks for a code to prove who is signed in: the code.
async fn code_for(app: &App, caller: &mut Caller) -> String {
    assert_eq!(caller.reauthenticate_by_mail(ANN).await, Answer::Done);
    app.news_to(ANN).await.code.unwrap().as_str().to_owned()
}
