//! Requested emails to one address.

use std::time::Duration;

use super::{
    ANN, BOB, DAY, HOUR, MINUTE, PASSWORD, SECOND, assert_refused, caller_at, left, limited_to, mails, only,
};
use crate::harness::app::{App, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    an_address_gets_three_requested_emails_in_15_minutes_and_ten_in_a_day,
    every_email_that_someone_requests_counts_and_notices_do_not,
    the_longer_of_two_waits_is_told,
    a_change_of_address_counts_for_the_new_address,
    known_and_unknown_addresses_are_refused_alike,
    what_an_address_got_survives_a_restart,
}

const QUARTER: Duration = Duration::from_mins(15);

/// SEC-52.
async fn an_address_gets_three_requested_emails_in_15_minutes_and_ten_in_a_day(door: Door) {
    let app = App::start().await;
    for _ in 0..3 {
        assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
        app.read_all().await;
        app.clock.advance(MINUTE);
    }
    let mut late = app.caller(door);
    // A refused request does not count, so the wait does not grow.
    for wait in [12 * MINUTE, 7 * MINUTE, SECOND] {
        let answer = late.ask(ANN).await;
        assert_refused(&late, &answer, "too_many_mails", wait);
        app.clock.advance(if wait == SECOND { SECOND } else { 5 * MINUTE });
        if wait == 7 * MINUTE {
            app.clock.advance(left(2 * MINUTE, SECOND));
        }
    }
    // The window slides: the first email is 15 minutes old, and the second is not.
    assert_eq!(late.ask(ANN).await, Answer::Done);
    let answer = app.caller(door).ask(BOB).await;
    assert_eq!(answer, Answer::Done, "another address has its own");
    app.read_all().await;
    for _ in 4..10 {
        app.clock.advance(QUARTER);
        assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
        app.read_all().await;
    }
    app.clock.advance(QUARTER);
    let passed = 15 * MINUTE + 7 * QUARTER;
    let mut late = app.caller(door);
    let answer = late.ask(ANN).await;
    assert_refused(&late, &answer, "too_many_mails", left(DAY, passed));
    app.clock.advance(left(DAY, passed));
    assert_eq!(late.ask(ANN).await, Answer::Done);
    let to_ann = |app: &App| app.letters().iter().filter(|letter| letter.to.as_str() == ANN).count();
    app.read_all().await;
    assert_eq!(to_ann(&app), 11);
}

/// SEC-52.
async fn every_email_that_someone_requests_counts_and_notices_do_not(door: Door) {
    let app = limited_to(mails(5, 0)).await;
    let mut ann = app.caller(door);
    assert_eq!(ann.register(ANN, PASSWORD).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    let mut asking = app.caller(door);
    assert_eq!(asking.ask(ANN).await, Answer::Done);
    app.clock.advance(30 * SECOND);
    assert_eq!(asking.resend().await, Answer::Done);
    assert_eq!(app.caller(door).forgot_password(ANN).await, Answer::Done);
    assert_eq!(app.caller(door).register(ANN, PASSWORD).await, Answer::Done);
    app.clock.advance(30 * SECOND);
    app.read_all().await;
    let wait = 14 * MINUTE;
    for act in 0..4 {
        let mut late = if act == 3 { asking.clone() } else { app.caller(door) };
        let answer = match act {
            0 => late.ask(ANN).await,
            1 => late.register(ANN, PASSWORD).await,
            2 => late.forgot_password(ANN).await,
            _ => late.resend().await,
        };
        assert_refused(&late, &answer, "too_many_mails", wait);
    }
    assert_eq!(ann.change_password("seven loud geese", Some(PASSWORD)).await, Answer::Done);
    assert!(app.news_to(ANN).await.subject.contains("password"));
}

/// SEC-52.
async fn the_longer_of_two_waits_is_told(door: Door) {
    let app = App::start().await;
    let mut ann = app.caller(door);
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    for _ in 0..2 {
        app.clock.advance(30 * SECOND);
        assert_eq!(ann.resend().await, Answer::Done);
    }
    // In 30 seconds, another email of this request could be sent; but the address gets none for 14 minutes.
    let answer = ann.resend().await;
    assert_refused(&ann, &answer, "too_many_mails", 14 * MINUTE);
    app.clock.advance(13 * MINUTE + 50 * SECOND);
    let answer = ann.register(ANN, PASSWORD).await;
    assert_refused(&ann, &answer, "too_many_mails", 10 * SECOND);
    assert_eq!(app.house.gatepost.passwords_hashed(), 0, "nothing is hashed for a refused registration");
    app.read_all().await;
}

/// SEC-52.
async fn a_change_of_address_counts_for_the_new_address(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, ANN).await;
    let mut bob = app.signed_in(door, BOB).await;
    let new = "new@example.org";
    assert_eq!(ann.change_email(new).await, Answer::Done);
    assert_eq!(bob.change_email(new).await, Answer::Done);
    assert_eq!(app.caller(door).ask(new).await, Answer::Done);
    app.clock.advance(MINUTE);
    app.read_all().await;
    for late in [&mut ann, &mut bob] {
        let answer = late.change_email(new).await;
        assert_refused(late, &answer, "too_many_mails", 14 * MINUTE);
    }
    let mut stranger = app.caller(door);
    let answer = stranger.ask(new).await;
    assert_refused(&stranger, &answer, "too_many_mails", 14 * MINUTE);
    // Their own addresses are not affected.
    assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
    app.read_all().await;
}

/// SEC-39.
async fn known_and_unknown_addresses_are_refused_alike(door: Door) {
    let ways = if door == Door::Pages { &[false, true][..] } else { &[false] };
    for is_htmx in ways.iter().copied() {
        let app = App::start().await;
        app.signed_in(door, ANN).await;
        app.signed_in(door, "off@example.org").await;
        app.disable("off@example.org").await;
        app.clock.advance(HOUR);
        let mut seen = Vec::new();
        for email in ["nob@example.org", ANN, "off@example.org"] {
            for _ in 0..3 {
                assert_eq!(app.caller(door).ask(email).await, Answer::Done);
            }
            let mut replies = Vec::new();
            let mut note = |caller: &Caller| {
                replies.push(without_random_values(caller.last.as_ref().unwrap()).replace(email, "EMAIL"));
            };
            let caller = || app.caller(door).with_script(is_htmx);
            let mut late = caller();
            assert_eq!(late.ask(email).await, Answer::refused(429, "too_many_mails"));
            note(&late);
            assert_eq!(late.register(email, PASSWORD).await, Answer::refused(429, "too_many_mails"));
            note(&late);
            assert_eq!(late.forgot_password(email).await, Answer::refused(429, "too_many_mails"));
            note(&late);
            for number in 0..10 {
                caller().sign_in_with_password(email, &format!("{PASSWORD} {number}")).await;
            }
            let mut guessing = caller();
            let answer = guessing.sign_in_with_password(email, PASSWORD).await;
            assert_eq!(answer, Answer::refused(429, "too_many_tries"));
            note(&guessing);
            seen.push(replies);
            app.clock.advance(HOUR);
        }
        for other in &seen[1..] {
            assert_eq!(*other, seen[0]);
        }
        app.read_all().await;
    }
}

/// SEC-52.
async fn what_an_address_got_survives_a_restart(door: Door) {
    let app = limited_to(mails(2, 0)).await;
    for _ in 0..2 {
        assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
    }
    app.read_all().await;
    let app = app.restarted_as(only(mails(2, 0))).await;
    let mut late = app.caller(door);
    let answer = late.ask(ANN).await;
    assert_refused(&late, &answer, "too_many_mails", QUARTER);
    // Higher and lower numbers apply to what was counted before.
    let app = app.restarted_as(only(mails(3, 0))).await;
    let mut late = late.at(app.server);
    assert_eq!(late.ask(ANN).await, Answer::Done);
    app.read_all().await;
    let app = app.restarted_as(only(mails(1, 0))).await;
    app.clock.advance(left(QUARTER, SECOND));
    let mut late = late.at(app.server);
    let answer = late.register(ANN, PASSWORD).await;
    assert_refused(&late, &answer, "too_many_mails", SECOND);
}

/// SEC-52.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_clients_cannot_send_more_than_three_emails_to_one_address() {
    let app = App::start().await;
    let mut sent = 0;
    for round in 0..5 {
        let asking = (0..100).map(|number| {
            let door = if number % 2 == 0 { Door::Pages } else { Door::Json };
            let mut caller = caller_at(&app, door, number);
            tokio::spawn(async move { caller.ask(ANN).await })
        });
        for answer in asking.collect::<Vec<_>>() {
            match answer.await.unwrap() {
                Answer::Done => sent += 1,
                refused @ Answer::Refused { .. } => {
                    assert_eq!(refused, Answer::refused(429, "too_many_mails"));
                }
            }
        }
        assert_eq!(sent, [3, 6, 9, 10, 10][round]);
        app.read_all().await;
        app.clock.advance(QUARTER);
    }
    app.clock.advance(DAY);
    assert_eq!(app.caller(Door::Pages).ask(ANN).await, Answer::Done);
    app.read_all().await;
    assert_eq!(app.letters().len(), 11);
}
