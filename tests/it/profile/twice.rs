//! Repeated requests: the same response for the same input, and never "done" for anything that was not done.

use std::time::Duration;

use super::{ANN, OTHER, PASSWORD, WAIT, also, registered, wrong};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    a_reset_with_a_different_password_is_no_repetition,
    a_registration_with_a_different_password_is_no_repetition,
    a_reauthentication_code_works_once,
    reauthenticating_ends_older_codes,
    a_new_session_can_request_a_new_code,
    a_code_works_after_the_clock_was_set_back,
    a_spent_code_reveals_nothing,
    a_second_tab_cannot_add_a_password_afterwards,
}

const THIRD: &str = "nine pale herons";
const TEN_MINUTES: Duration = Duration::from_mins(10);

fn gone() -> Answer {
    Answer::refused(410, "invalid_link")
}

fn code_gone() -> Answer {
    Answer::refused(410, "invalid_request")
}

async fn a_reset_with_a_different_password_is_no_repetition(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let mut ann = app.caller(door);
    ann.forgot_password(ANN).await;
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.reset_by_link(&letter.link, OTHER).await, Answer::Done);
    app.news_to(ANN).await;
    // The session it created leads on from the same link.
    assert_eq!(ann.reset_by_link(&letter.link, OTHER).await, Answer::Done, "a double click");
    assert_eq!(ann.reset_by_link(&letter.link, THIRD).await, gone());
    assert_eq!(app.caller(door).sign_in_with_password(ANN, THIRD).await, wrong());
    also(&app, door, ANN, OTHER).await;
}

async fn a_registration_with_a_different_password_is_no_repetition(door: Door) {
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

/// Two tabs with the same link: the first continues without a password.
async fn a_second_tab_cannot_add_a_password_afterwards(door: Door) {
    let app = App::start().await;
    app.caller(door).register(ANN, PASSWORD).await;
    let letter = app.letter_to(ANN).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.confirm_elsewhere(&letter.link, None).await, Answer::Done);
    assert_eq!(ann.confirm_elsewhere(&letter.link, Some(THIRD)).await, gone());
    assert_eq!(ann.confirm_elsewhere(&letter.link, Some("a")).await, gone());
    assert!(!ann.has_password().await);
}

async fn a_reauthentication_code_works_once(door: Door) {
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

async fn reauthenticating_ends_older_codes(door: Door) {
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
    // Requested again, or resent, there is a new code that works.
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

/// A request of the previous session does not block the next session in the same browser.
async fn a_new_session_can_request_a_new_code(door: Door) {
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

/// A clock that was ahead at the last reauthentication does not block the next one.
async fn a_code_works_after_the_clock_was_set_back(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.set_back(Duration::from_hours(1));
    assert_eq!(ann.cancel_email_change().await, Answer::refused(403, "recent_sign_in_required"));
    let code = code_for(&app, &mut ann).await;
    assert_eq!(ann.type_code(&code).await, Answer::Done);
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
}

/// An attacker who requested a reset for someone and used up the attempts learns nothing by sending passwords.
async fn a_spent_code_reveals_nothing(door: Door) {
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

/// Requests a reauthentication code and returns it.
async fn code_for(app: &App, caller: &mut Caller) -> String {
    assert_eq!(caller.reauthenticate_by_mail(ANN).await, Answer::Done);
    app.news_to(ANN).await.code.unwrap().as_str().to_owned()
}
