//! What is brought a second time: the same answer for the same, and never "done" for what was not.

use std::time::Duration;

use super::{ANN, OTHER, PASSWORD, WAIT, also, registered, wrong};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    a_reset_is_not_repeated_by_another_password,
    a_password_chosen_elsewhere_is_not_repeated_by_another,
    a_code_proves_once_and_for_a_moment,
    an_older_code_proves_nothing_once_it_is_proven_anew,
}

const THIRD: &str = "nine pale herons";

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

async fn a_code_proves_once_and_for_a_moment(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.advance(Duration::from_mins(10));
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
    app.clock.advance(Duration::from_mins(10));
    ann.reauthenticate_by_mail(ANN).await;
    let code = app.news_to(ANN).await.code.unwrap();
    let asking = ann.clone();
    app.clock.advance(WAIT);
    assert_eq!(ann.reauthenticate(PASSWORD).await, Answer::Done);
    app.clock.advance(Duration::from_mins(9));
    assert_eq!(asking.clone().type_code(code.as_str()).await, code_gone());
}
