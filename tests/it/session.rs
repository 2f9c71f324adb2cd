//! Staying signed in, for how long, and signing out.

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    signed_out_means_refused_at_the_very_next_request,
    signing_out_twice_is_no_mistake,
    a_session_ends_after_a_week_unused,
    a_session_that_is_used_lives_on,
    a_session_ends_after_thirty_days_however_it_is_used,
    the_oldest_session_ends_when_there_are_more_than_fifty,
    ending_one_session_leaves_the_others,
    what_is_no_session_token_signs_nobody_in,
    every_sign_in_makes_a_new_session_token,
    the_sweeper_removes_what_is_over_and_nothing_else,
}

const DAY: Duration = Duration::from_hours(24);

async fn signed_out_means_refused_at_the_very_next_request(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    let mut copy = ann.clone();
    assert_eq!(ann.sign_out().await, Answer::Done);
    assert_eq!((ann.who().await, copy.who().await), (None, None));
}

async fn signing_out_twice_is_no_mistake(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    let mut copy = ann.clone();
    assert_eq!(ann.sign_out().await, Answer::Done);
    assert_eq!(copy.sign_out().await, Answer::Done);
    assert_eq!(app.caller(door).sign_out().await, Answer::Done);
}

async fn a_session_ends_after_a_week_unused(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    app.clock.advance(6 * DAY);
    assert!(ann.who().await.is_some());
    app.clock.advance(7 * DAY);
    assert_eq!(ann.who().await, None);
}

async fn a_session_that_is_used_lives_on(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    for _ in 0..4 {
        app.clock.advance(6 * DAY);
        assert!(ann.who().await.is_some());
    }
}

async fn a_session_ends_after_thirty_days_however_it_is_used(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    for _ in 0..29 {
        app.clock.advance(DAY);
        assert!(ann.who().await.is_some());
    }
    app.clock.advance(DAY);
    assert_eq!(ann.who().await, None);
}

async fn the_oldest_session_ends_when_there_are_more_than_fifty(door: Door) {
    let app = App::start().await;
    let mut callers: Vec<Caller> = Vec::new();
    for _ in 0..51 {
        callers.push(app.signed_in(door, "ann@example.org").await);
        app.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(callers[0].who().await, None);
    for caller in &mut callers[1..] {
        assert!(caller.who().await.is_some());
    }
}

async fn ending_one_session_leaves_the_others(door: Door) {
    let app = App::start().await;
    let mut one = app.signed_in(door, "ann@example.org").await;
    app.clock.advance(Duration::from_secs(1));
    let mut two = app.signed_in(door, "ann@example.org").await;
    one.sign_out().await;
    assert!(two.who().await.is_some());
}

async fn what_is_no_session_token_signs_nobody_in(door: Door) {
    let app = App::start().await;
    let ann = app.signed_in(door, "ann@example.org").await;
    let cookie = ann.cookies.iter().find(|(name, _)| name == "gatepost_session");
    let token = cookie.map(|(_, value)| value.clone()).or(ann.bearer).unwrap();
    let flipped = format!("{}{}", if token.starts_with('Q') { 'R' } else { 'Q' }, &token[1..]);
    for forged in ["", "null", "a", "=", &token[1..], &flipped, &format!("{token}="), &token.to_lowercase()] {
        let mut thief = app.caller(door);
        thief.bearer = Some(forged.to_owned());
        thief.cookies.push(("gatepost_session".into(), forged.to_owned()));
        assert_eq!(thief.who().await, None, "{forged:?}");
    }
}

async fn every_sign_in_makes_a_new_session_token(door: Door) {
    let app = App::start().await;
    let one = app.signed_in(door, "ann@example.org").await;
    app.clock.advance(Duration::from_secs(1));
    let two = app.signed_in(door, "ann@example.org").await;
    assert_ne!((one.bearer, one.cookies), (two.bearer, two.cookies));
}

async fn the_sweeper_removes_what_is_over_and_nothing_else(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    let before = app.records().await;
    app.signed_in(door, "ann@example.org").await;
    app.caller(door).ask("bob@example.org").await;
    app.letter_to("bob@example.org").await;
    app.clock.advance(6 * DAY);
    assert!(ann.who().await.is_some());
    app.sweep_after(2 * DAY).await;
    // Left of it all: the account, the session that was used, and what happened. A request goes with
    // the mark of its end.
    let after = app.records().await;
    assert!(ann.who().await.is_some());
    assert_eq!(after.without_events(), before.without_events() - 2 * before.requests);
    app.sweep_after(40 * DAY).await;
    assert_eq!(app.records().await.sessions, 0);
}
