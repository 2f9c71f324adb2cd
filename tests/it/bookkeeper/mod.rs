//! Counting events and refusals for charts.

mod acts;
mod clocks;
mod nodes;
mod verifying;

use std::time::Duration;

use gatepost::domain::record::event::EventName;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::profile::{ANN, PASSWORD, registered};

both_doors! {
    a_registration_counts_once_while_it_waits_and_its_confirmation_once,
    a_first_sign_in_confirms_the_registration_that_waits,
    a_first_sign_in_without_a_registration_is_none,
    who_registers_again_after_deleting_the_account_counts_again,
    refusals_count_once_their_hour_is_over_and_without_their_account_too,
}

async fn count(app: &App, name: &str) -> u64 {
    let (written, again) = app.books().await;
    assert_eq!(written, again);
    let ends = format!(" {name}");
    written.iter().filter(|(key, _)| key.ends_with(&ends)).map(|(_, sum)| *sum).sum()
}

async fn a_registration_counts_once_while_it_waits_and_its_confirmation_once(door: Door) {
    let app = App::start_unlimited().await;
    let mut last: Option<Caller> = None;
    for _ in 0..5 {
        let mut ann = app.caller(door);
        ann.register(ANN, PASSWORD).await;
        app.clock.advance(Duration::from_mins(10));
        last = Some(ann);
    }
    let letters = app.read_all().await;
    let mut ann = last.unwrap();
    let newest = letters.iter().max_by_key(|letter| letter.created_at).unwrap();
    assert_eq!(ann.follow(newest.link.as_ref().unwrap()).await, Answer::Done);
    app.settle().await;
    assert_eq!((count(&app, "confirmed").await, count(&app, "within_1h").await), (1, 1));
    // A day by its name and a week by its name.
    assert_eq!(count(&app, "registered").await, 2);
    let confirmed = app.all_events().await.into_iter().find(|it| it.name == EventName::AccountConfirmed);
    assert_eq!(confirmed.unwrap().took, Some(Duration::from_mins(50)), "since it was first registered");
}

async fn a_first_sign_in_confirms_the_registration_that_waits(door: Door) {
    let app = App::start().await;
    app.caller(door).register(ANN, PASSWORD).await;
    app.read_all().await;
    app.clock.advance(Duration::from_mins(3));
    app.signed_in(door, ANN).await;
    app.settle().await;
    assert_eq!(count(&app, "within_5m").await, 1);
    assert_eq!((count(&app, "confirmed").await, count(&app, "first_sign_ins").await), (1, 0));
}

async fn a_first_sign_in_without_a_registration_is_none(door: Door) {
    let app = App::start().await;
    app.signed_in(door, ANN).await;
    app.settle().await;
    assert_eq!((count(&app, "confirmed").await, count(&app, "first_sign_ins").await), (0, 1));
    assert_eq!(count(&app, "link").await, 1);
}

async fn who_registers_again_after_deleting_the_account_counts_again(door: Door) {
    let app = App::start_unlimited().await;
    for _ in 0..2 {
        let mut ann = registered(&app, door, ANN).await;
        assert_eq!(ann.delete_account("delete").await, Answer::Done);
        app.read_all().await;
        app.sweep().await;
    }
    app.settle().await;
    assert_eq!((count(&app, "confirmed").await, count(&app, "within_1m").await), (2, 2));
    assert_eq!(count(&app, "registered").await, 4);
}

async fn refusals_count_once_their_hour_is_over_and_without_their_account_too(door: Door) {
    let app = App::start_unlimited().await;
    let mut ann = registered(&app, door, ANN).await;
    for _ in 0..3 {
        let refused = app.caller(door).sign_in_with_password(ANN, "not this one").await;
        assert_eq!(refused, Answer::refused(401, "invalid_credentials"));
    }
    app.refusals_written(3).await;
    app.count_all().await;
    assert!(!app.books().await.0.keys().any(|name| name.ends_with("wrong_password")));
    // Deleted before they are counted.
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.read_all().await;
    app.sweep().await;
    assert!(app.refusals().await.iter().all(|it| it.account.is_none() && it.last_client.is_none()));
    app.settle().await;
    assert_eq!(count(&app, "wrong_password").await, 3);
}
