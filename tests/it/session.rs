//! Being signed in, for how long, and signing out.

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    signing_out_takes_effect_with_the_next_request,
    signing_out_twice_is_not_an_error,
    a_session_ends_after_a_week_without_use,
    using_a_session_keeps_it_alive,
    a_session_ends_after_thirty_days_even_if_it_is_used,
    the_fifty_first_session_ends_the_oldest,
    ending_one_session_leaves_the_others,
    a_forged_session_token_signs_no_one_in,
    every_sign_in_makes_a_new_session_token,
    the_sweeper_removes_only_expired_records,
}

const DAY: Duration = Duration::from_hours(24);

async fn signing_out_takes_effect_with_the_next_request(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    let mut copy = ann.clone();
    assert_eq!(ann.sign_out().await, Answer::Done);
    assert_eq!((ann.who().await, copy.who().await), (None, None));
}

async fn signing_out_twice_is_not_an_error(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    let mut copy = ann.clone();
    assert_eq!(ann.sign_out().await, Answer::Done);
    assert_eq!(copy.sign_out().await, Answer::Done);
    assert_eq!(app.caller(door).sign_out().await, Answer::Done);
}

async fn a_session_ends_after_a_week_without_use(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    app.clock.advance(6 * DAY);
    assert!(ann.who().await.is_some());
    app.clock.advance(7 * DAY);
    assert_eq!(ann.who().await, None);
}

async fn using_a_session_keeps_it_alive(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    for _ in 0..4 {
        app.clock.advance(6 * DAY);
        assert!(ann.who().await.is_some());
    }
}

async fn a_session_ends_after_thirty_days_even_if_it_is_used(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    for _ in 0..29 {
        app.clock.advance(DAY);
        assert!(ann.who().await.is_some());
    }
    app.clock.advance(DAY);
    assert_eq!(ann.who().await, None);
}

async fn the_fifty_first_session_ends_the_oldest(door: Door) {
    let app = App::start_unlimited().await;
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

async fn a_forged_session_token_signs_no_one_in(door: Door) {
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

async fn the_sweeper_removes_only_expired_records(door: Door) {
    let app = App::start().await;
    let mut ann = app.signed_in(door, "ann@example.org").await;
    let before = app.records().await;
    app.signed_in(door, "ann@example.org").await;
    app.caller(door).ask("bob@example.org").await;
    app.letter_to("bob@example.org").await;
    app.clock.advance(6 * DAY);
    assert!(ann.who().await.is_some());
    app.sweep_after(2 * DAY).await;
    // The account, the session that was used and the events remain. A request is removed together with its
    // entry in the index of expiries.
    let after = app.records().await;
    assert!(ann.who().await.is_some());
    assert_eq!(after.without_events(), before.without_events() - 2 * before.requests);
    app.sweep_after(40 * DAY).await;
    assert_eq!(app.records().await.sessions, 0);
}

/// A client that parses them with a fixed format would fail for one moment in a thousand.
#[tokio::test]
async fn a_time_in_json_always_has_three_decimal_places() {
    let app = App::start().await;
    for (number, [wait, fraction]) in [[7, 7], [113, 120], [0, 120], [880, 0]].into_iter().enumerate() {
        app.clock.advance(Duration::from_millis(wait));
        let mut ann = app.signed_in(Door::Json, &format!("{number}@example.org")).await;
        let shown = ann.get("/api/session").await.json();
        for (of, field) in [
            ("account", "registered_at"),
            ("account", "confirmed_at"),
            ("session", "created_at"),
            ("session", "last_used_at"),
            ("session", "expires_at"),
            ("session", "recent_until"),
        ] {
            let time = shown[of][field].as_str().unwrap();
            assert!(time.ends_with(&format!(".{fraction:03}Z")), "{field}: {time}");
        }
        let form = format!(r#"{{"email":"other-{number}@example.org"}}"#);
        let time = ann.post_json("/sign-in", &form).await.json()["expires_at"].to_string();
        assert!(time.ends_with(&format!(".{fraction:03}Z\"")), "{time}");
        app.read_all().await;
    }
}
