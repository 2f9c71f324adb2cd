//! What one client may do, and the whole server.

use std::time::Duration;

use gatepost::domain::record::limits::Limits;

use super::{ANN, BOB, HOUR, MINUTE, PASSWORD, WRONG, assert_refused, caller_at, limited_to, only};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::NO_LIMITS;
use crate::profile::registered;

both_doors! {
    a_client_requests_twenty_emails_in_an_hour,
    a_client_enters_thirty_passwords_in_5_minutes_right_or_wrong,
    every_place_that_checks_a_password_counts_it,
    the_server_sends_so_many_emails_in_an_hour_and_keeps_a_quarter_for_people_who_are_signed_in,
    an_email_that_is_refused_for_another_reason_does_not_count_for_its_client,
}

fn someone(number: usize) -> String {
    format!("someone{number}@example.org")
}

/// SEC-52.
async fn a_client_requests_twenty_emails_in_an_hour(door: Door) {
    let app = App::start().await;
    for number in 0..20 {
        let mut caller = app.caller(door);
        let answer = match number % 3 {
            0 => caller.ask(&someone(number)).await,
            1 => caller.register(&someone(number), PASSWORD).await,
            _ => caller.forgot_password(&someone(number)).await,
        };
        assert_eq!(answer, Answer::Done, "{number}");
        app.read_all().await;
        app.clock.advance(MINUTE);
    }
    let hashed = app.house.gatepost.passwords_hashed();
    let mut late = app.caller(door);
    for act in 0..3 {
        let answer = match act {
            0 => late.ask(ANN).await,
            1 => late.register(ANN, PASSWORD).await,
            _ => late.forgot_password(ANN).await,
        };
        assert_refused(&late, &answer, "too_many_mails", 40 * MINUTE);
    }
    assert_eq!(app.house.gatepost.passwords_hashed(), hashed, "refused before the password is hashed");
    assert_eq!(caller_at(&app, door, 1).ask(ANN).await, Answer::Done, "another client has its own");
    app.clock.advance(40 * MINUTE);
    assert_eq!(late.ask(BOB).await, Answer::Done);
    assert_eq!(late.forgot_password(BOB).await, Answer::refused(429, "too_many_mails"), "it slides");
    app.read_all().await;
}

/// SEC-54.
async fn a_client_enters_thirty_passwords_in_5_minutes_right_or_wrong(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    let hashed = app.house.gatepost.passwords_hashed();
    for number in 0..30 {
        // A success of another account clears nothing.
        let (email, password) = match number % 5 {
            0 => (ANN.to_owned(), PASSWORD),
            _ => (someone(number), WRONG),
        };
        let answer = app.caller(door).sign_in_with_password(&email, password).await;
        assert_eq!(answer == Answer::Done, email == ANN, "{number}: {answer:?}");
        app.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(app.house.gatepost.passwords_hashed(), hashed + 30);
    let mut late = app.caller(door);
    let answer = late.sign_in_with_password(ANN, PASSWORD).await;
    assert_refused(&late, &answer, "too_many_tries", Duration::from_secs(270));
    assert_eq!(app.house.gatepost.passwords_hashed(), hashed + 30);
    let elsewhere = caller_at(&app, door, 1).sign_in_with_password(ANN, PASSWORD).await;
    assert_eq!(elsewhere, Answer::Done, "another client has its own");
    assert_eq!(late.ask(BOB).await, Answer::Done, "emails are not affected");
    app.clock.advance(Duration::from_secs(270));
    assert_eq!(late.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
    app.read_all().await;
}

/// SEC-54.
async fn every_place_that_checks_a_password_counts_it(door: Door) {
    let app = limited_to(Limits { tries_per_client_5m: 4, ..NO_LIMITS }).await;
    let mut ann = registered(&app, door, ANN).await;
    assert_eq!(ann.reauthenticate(PASSWORD).await, Answer::Done);
    assert_eq!(ann.reauthenticate(WRONG).await, Answer::refused(401, "invalid_credentials"));
    let other = "seven loud geese";
    let wrong = Answer::refused_field(422, "wrong_password", "current_password");
    assert_eq!(ann.change_password(other, Some(WRONG)).await, wrong);
    let stranger = app.caller(door).sign_in_with_password(BOB, WRONG).await;
    assert_eq!(stranger, Answer::refused(401, "invalid_credentials"));
    let hashed = app.house.gatepost.passwords_hashed();
    let wait = 5 * MINUTE;
    let answer = ann.reauthenticate(PASSWORD).await;
    assert_refused(&ann, &answer, "too_many_tries", wait);
    let answer = ann.change_password(other, Some(PASSWORD)).await;
    assert_refused(&ann, &answer, "too_many_tries", wait);
    let mut late = app.caller(door);
    let answer = late.sign_in_with_password(ANN, PASSWORD).await;
    assert_refused(&late, &answer, "too_many_tries", wait);
    assert_eq!(app.house.gatepost.passwords_hashed(), hashed);
}

/// SEC-52.
async fn the_server_sends_so_many_emails_in_an_hour_and_keeps_a_quarter_for_people_who_are_signed_in(
    door: Door,
) {
    let app = App::start().await;
    let ann = app.signed_in(door, ANN).await;
    app.clock.advance(2 * HOUR);
    let app = app.restarted_as(only(Limits { mails_per_hour: 8, ..NO_LIMITS })).await;
    let mut ann = ann.at(app.server);
    for number in 0..6 {
        let mut caller = caller_at(&app, door, number);
        assert_eq!(caller.ask(&someone(usize::try_from(number).unwrap())).await, Answer::Done, "{number}");
    }
    app.clock.advance(MINUTE);
    let mut late = caller_at(&app, door, 100);
    let answer = late.ask(BOB).await;
    assert_refused(&late, &answer, "too_many_mails", 59 * MINUTE);
    for _ in 0..2 {
        assert_eq!(ann.reauthenticate_by_mail(ANN).await, Answer::Done);
        app.read_all().await;
        app.clock.advance(MINUTE);
    }
    let answer = ann.reauthenticate_by_mail(ANN).await;
    assert_eq!(answer, Answer::refused(429, "too_many_mails"), "there is an end for everyone");
    app.clock.advance(57 * MINUTE);
    assert_eq!(late.ask(BOB).await, Answer::Done);
    app.read_all().await;
}

/// SEC-52.
async fn an_email_that_is_refused_for_another_reason_does_not_count_for_its_client(door: Door) {
    let limits = Limits { mails_per_client_hour: 3, mails_per_address_15m: 1, ..NO_LIMITS };
    let app = limited_to(limits).await;
    assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
    for _ in 0..5 {
        assert_eq!(app.caller(door).ask(ANN).await, Answer::refused(429, "too_many_mails"));
        let answer = app.caller(door).register(ANN, PASSWORD).await;
        assert_eq!(answer, Answer::refused(429, "too_many_mails"));
    }
    assert_eq!(app.caller(door).register(BOB, PASSWORD).await, Answer::Done);
    assert_eq!(app.caller(door).ask(&someone(1)).await, Answer::Done);
    assert_eq!(app.caller(door).ask(&someone(2)).await, Answer::refused(429, "too_many_mails"));
    app.read_all().await;
}
