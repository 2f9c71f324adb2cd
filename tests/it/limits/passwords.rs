//! Passwords that are entered for one address.

use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::record::limits::Limits;
use gatepost::domain::record::password::Cost;
use tokio::task::JoinSet;

use super::{ANN, BOB, MINUTE, PASSWORD, SECOND, WRONG, assert_refused, caller_at, left, limited_to, only};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::NO_LIMITS;
use crate::profile::registered;

both_doors! {
    after_ten_passwords_in_15_minutes_only_email_is_left,
    a_stranger_cannot_keep_the_owner_from_confirming_who_they_are,
    a_quarter_of_the_queue_is_kept_for_people_who_are_signed_in,
    passwords_that_were_entered_survive_a_restart,
}

const QUARTER: Duration = Duration::from_mins(15);

/// Only passwords for one address are limited.
fn tries(most: usize) -> Limits {
    Limits { tries_per_address_15m: most, ..NO_LIMITS }
}

/// SEC-54.
async fn after_ten_passwords_in_15_minutes_only_email_is_left(door: Door) {
    for email in [ANN, "nob@example.org"] {
        let app = App::start().await;
        registered(&app, door, ANN).await;
        let hashed = app.house.gatepost.passwords_hashed();
        let right = if email == ANN { Answer::Done } else { Answer::refused(401, "invalid_credentials") };
        for number in 0..10 {
            // Right or wrong, and from any client; in between, someone signs in to another account.
            let password = if number == 5 { PASSWORD } else { WRONG };
            let expected = match password {
                PASSWORD => right.clone(),
                _ => Answer::refused(401, "invalid_credentials"),
            };
            let mut caller = caller_at(&app, door, number);
            assert_eq!(caller.sign_in_with_password(email, password).await, expected, "{number}");
            app.clock.advance(SECOND);
        }
        assert_eq!(app.house.gatepost.passwords_hashed(), hashed + 10);
        let mut late = caller_at(&app, door, 100);
        for password in [PASSWORD, WRONG] {
            let answer = late.sign_in_with_password(email, password).await;
            assert_refused(&late, &answer, "too_many_tries", left(QUARTER, 10 * SECOND));
        }
        assert_eq!(app.house.gatepost.passwords_hashed(), hashed + 10);
        let other = app.caller(door).sign_in_with_password(BOB, WRONG).await;
        assert_eq!(other, Answer::refused(401, "invalid_credentials"), "another address has its own");
        // The door of the mailbox stays open.
        assert_eq!(late.ask(email).await, Answer::Done);
        let letter = app.letter_to(email).await;
        assert_eq!(late.follow(&letter.link).await, Answer::Done);
        app.clock.advance(left(QUARTER, 10 * SECOND));
        assert_eq!(app.caller(door).sign_in_with_password(email, PASSWORD).await, right);
        let again = app.caller(door).sign_in_with_password(email, PASSWORD).await;
        assert_eq!(again, Answer::refused(429, "too_many_tries"), "it slides");
    }
}

/// SEC-54.
async fn a_stranger_cannot_keep_the_owner_from_confirming_who_they_are(door: Door) {
    let app = limited_to(tries(3)).await;
    let mut ann = registered(&app, door, ANN).await;
    for _ in 0..3 {
        let answer = app.caller(door).sign_in_with_password(ANN, WRONG).await;
        assert_eq!(answer, Answer::refused(401, "invalid_credentials"));
    }
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await.code(), "too_many_tries");
    // The session has a budget of its own.
    for password in [PASSWORD, WRONG, PASSWORD] {
        assert_eq!(ann.reauthenticate(password).await == Answer::Done, password == PASSWORD);
        app.clock.advance(MINUTE);
    }
    let answer = ann.reauthenticate(PASSWORD).await;
    assert_refused(&ann, &answer, "too_many_tries", 12 * MINUTE);
    let answer = ann.change_password("seven loud geese", Some(PASSWORD)).await;
    assert_refused(&ann, &answer, "too_many_tries", 12 * MINUTE);
    assert_eq!(ann.reauthenticate_by_mail(ANN).await, Answer::Done);
    app.read_all().await;
}

/// SEC-56.
async fn a_quarter_of_the_queue_is_kept_for_people_who_are_signed_in(door: Door) {
    let password_cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
    // One more at an address than there are places.
    let limits = Limits { mails_per_client_hour: 2, ..tries(49) };
    let settings = Settings { limits, password_slots: 1, password_cost, ..Settings::default() };
    let app = App::start_as(settings).await;
    let ann = registered(&app, door, ANN).await;
    app.costly_account(BOB).await;
    let before = app.house.gatepost.passwords_hashed();
    let mut strangers = JoinSet::new();
    let mut enter = |email: &'static str| {
        let mut caller = app.caller(door);
        strangers.spawn(async move { caller.sign_in_with_password(email, WRONG).await });
    };
    enter(BOB);
    while app.house.gatepost.passwords_hashed() == before {
        tokio::task::yield_now().await;
    }
    for _ in 0..49 {
        enter(ANN);
    }
    let busy = Answer::refused(503, "busy");
    assert_eq!(strangers.join_next().await.unwrap().unwrap(), busy, "one more than there are places");
    for _ in 0..2 {
        assert_eq!(app.caller(door).register("new@example.org", PASSWORD).await, busy);
    }
    let mut own = JoinSet::new();
    for number in 0..17 {
        let mut caller = ann.clone();
        own.spawn(async move { caller.reauthenticate(&format!("{PASSWORD} {number}")).await });
    }
    assert_eq!(own.join_next().await.unwrap().unwrap(), busy, "again one more");
    assert_eq!(app.house.gatepost.passwords_hashed(), before + 1, "the slot is still busy");
    while let Some(waited) = own.join_next().await {
        assert_eq!(waited.unwrap(), Answer::refused(401, "invalid_credentials"));
    }
    while let Some(waited) = strangers.join_next().await {
        assert_eq!(waited.unwrap(), Answer::refused(401, "invalid_credentials"));
    }
    // What found no place does not count, as a try or as an email.
    assert_eq!(app.caller(door).ask("new@example.org").await, Answer::Done);
    assert_eq!(app.caller(door).ask("new@example.org").await, Answer::refused(429, "too_many_mails"));
    app.read_all().await;
    for refused in [Answer::refused(401, "invalid_credentials"), Answer::refused(429, "too_many_tries")] {
        assert_eq!(app.caller(door).sign_in_with_password(ANN, WRONG).await, refused);
    }
}

/// SEC-54.
async fn passwords_that_were_entered_survive_a_restart(door: Door) {
    let app = limited_to(tries(2)).await;
    registered(&app, door, ANN).await;
    for password in [PASSWORD, WRONG] {
        app.caller(door).sign_in_with_password(ANN, password).await;
    }
    let app = app.restarted_as(only(tries(2))).await;
    let mut late = app.caller(door);
    let answer = late.sign_in_with_password(ANN, PASSWORD).await;
    assert_refused(&late, &answer, "too_many_tries", QUARTER);
    assert_eq!(app.house.gatepost.passwords_hashed(), 0);
    app.clock.advance(QUARTER);
    assert_eq!(late.sign_in_with_password(ANN, PASSWORD).await, Answer::Done);
}

/// SEC-54.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_wrong_passwords_at_once_compute_ten_hashes() {
    for email in [ANN, BOB] {
        let app = limited_to(tries(10)).await;
        registered(&app, Door::Json, ANN).await;
        let hashed = app.house.gatepost.passwords_hashed();
        let guessing = (0..1000).map(|number| {
            let door = if number % 2 == 0 { Door::Pages } else { Door::Json };
            let mut caller = app.caller(door);
            let password = format!("{WRONG} {number}");
            tokio::spawn(async move { caller.sign_in_with_password(email, &password).await })
        });
        let mut wrong = 0;
        for answer in guessing.collect::<Vec<_>>() {
            match answer.await.unwrap() {
                answer if answer == Answer::refused(401, "invalid_credentials") => wrong += 1,
                answer => assert_eq!(answer, Answer::refused(429, "too_many_tries")),
            }
        }
        assert_eq!((wrong, app.house.gatepost.passwords_hashed() - hashed), (10, 10), "{email}");
        app.clock.advance(15 * MINUTE);
        let right = app.caller(Door::Json).sign_in_with_password(ANN, PASSWORD).await;
        assert_eq!(right, Answer::Done);
    }
}
