//! What is true of every limit.

use std::time::Duration;

use gatepost::domain::record::Record;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::key::Key;
use gatepost::domain::record::limits::Limits;

use super::{ANN, BOB, DAY, PASSWORD, WRONG, assert_refused, limited_to};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::NO_LIMITS;
use crate::profile::registered;

both_doors! {
    zero_switches_every_limit_off,
    whatever_is_refused_is_counted,
    what_was_counted_is_removed_after_a_day,
    a_page_says_when_to_try_again,
    a_clock_that_was_ahead_locks_no_one_out,
}

/// SEC-52, SEC-54.
async fn zero_switches_every_limit_off(door: Door) {
    let app = App::start_unlimited().await;
    let mut ann = registered(&app, door, ANN).await;
    for number in 0..22 {
        assert_eq!(app.caller(door).ask(ANN).await, Answer::Done, "{number}");
    }
    for number in 0..31 {
        let answer = app.caller(door).sign_in_with_password(BOB, WRONG).await;
        assert_eq!(answer, Answer::refused(401, "invalid_credentials"), "{number}");
    }
    for number in 0..31 {
        assert_eq!(ann.change_email(&format!("new{number}@example.org")).await, Answer::Done, "{number}");
        assert_eq!(ann.cancel_email_change().await, Answer::Done, "{number}");
    }
    let is_throttle = |record: &Record| matches!(record, Record::Throttle(_));
    assert!(!app.all_records().await.iter().any(|(_, found)| is_throttle(&found.record)));
    app.read_all().await;
}

/// SEC-52, SEC-54.
async fn whatever_is_refused_is_counted(door: Door) {
    let limits = Limits { tries_per_address_15m: 1, mails_per_address_15m: 1, ..NO_LIMITS };
    let app = limited_to(limits).await;
    app.caller(door).sign_in_with_password(ANN, WRONG).await;
    assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
    for _ in 0..2 {
        assert_eq!(app.caller(door).ask(ANN).await, Answer::refused(429, "too_many_mails"));
        assert_eq!(app.caller(door).register(ANN, PASSWORD).await, Answer::refused(429, "too_many_mails"));
        let answer = app.caller(door).sign_in_with_password(ANN, PASSWORD).await;
        assert_eq!(answer, Answer::refused(429, "too_many_tries"));
    }
    let refusals = app.refusals_written(7).await;
    let throttled: Vec<_> = refusals.iter().filter(|it| it.name == EventName::Throttled).collect();
    assert_eq!(throttled.iter().map(|it| it.count).sum::<u64>(), 6);
    assert!(throttled.iter().all(|it| it.account.is_none()));
    app.read_all().await;
}

/// SEC-53.
async fn what_was_counted_is_removed_after_a_day(door: Door) {
    let app = App::start().await;
    let throttles = async || {
        let is_it = |record: &Record| matches!(record, Record::Throttle(_));
        app.all_records().await.iter().filter(|(_, found)| is_it(&found.record)).count()
    };
    app.caller(door).sign_in_with_password(ANN, WRONG).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    ann.type_code(&letter.wrong_code()).await;
    assert_eq!(throttles().await, 3);
    app.sweep_after(Duration::from_mins(10)).await;
    app.caller(door).sign_in_with_password(ANN, WRONG).await;
    app.sweep_after(Duration::from_mins(10)).await;
    assert_eq!(throttles().await, 3, "the last password is not 15 minutes old");
    app.sweep_after(Duration::from_mins(5)).await;
    assert_eq!(throttles().await, 2);
    app.sweep_after(DAY).await;
    assert_eq!(throttles().await, 0);
    let is_mark = |key: &Key| key.expired().is_some_and(|of| of.as_bytes().starts_with(b"l/"));
    assert!(!app.all_records().await.iter().any(|(key, _)| is_mark(key)), "no mark is left");
}

/// SEC-52, SEC-54.
async fn a_page_says_when_to_try_again(door: Door) {
    let limits = Limits { tries_per_address_15m: 1, mails_per_address_day: 1, ..NO_LIMITS };
    let app = limited_to(limits).await;
    app.caller(door).sign_in_with_password(ANN, WRONG).await;
    assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
    let mut late = app.caller(door);
    let answer = late.ask(ANN).await;
    assert_refused(&late, &answer, "too_many_mails", DAY);
    let said = |caller: &crate::harness::caller::Caller| caller.last.as_ref().unwrap().body.clone();
    assert!(said(&late).contains("You can ask for another in 24 hours."), "{}", said(&late));
    let answer = late.sign_in_with_password(ANN, PASSWORD).await;
    assert_refused(&late, &answer, "too_many_tries", Duration::from_mins(15));
    assert!(
        said(&late).contains("You can try again in 15 minutes, or get an email instead."),
        "{}",
        said(&late)
    );
    app.read_all().await;
}

/// SEC-52.
async fn a_clock_that_was_ahead_locks_no_one_out(door: Door) {
    let limits = Limits { tries_per_address_15m: 1, mails_per_address_15m: 1, ..NO_LIMITS };
    let app = limited_to(limits).await;
    app.clock.set_ahead(365 * DAY);
    assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
    app.caller(door).sign_in_with_password(ANN, WRONG).await;
    app.read_all().await;
    app.clock.set_back(365 * DAY);
    app.clock.advance(Duration::from_mins(15));
    assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
    let answer = app.caller(door).sign_in_with_password(ANN, WRONG).await;
    assert_eq!(answer, Answer::refused(401, "invalid_credentials"));
    app.read_all().await;
}
