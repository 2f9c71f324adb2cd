//! Counting while the clock jumps.

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::Door;
use crate::harness::limits::unlimited;

both_doors! {
    what_happens_after_the_clock_was_set_back_is_counted_too,
    what_happened_before_a_restart_with_the_clock_set_back_is_counted_once,
    refusals_after_the_clock_was_set_back_are_counted_too,
    nothing_is_counted_before_it_is_a_minute_old,
}

async fn equal(app: &App) -> usize {
    app.settle().await;
    let (written, again) = app.books().await;
    assert_eq!(written, again);
    written
        .iter()
        .filter(|(name, _)| name.ends_with(" link"))
        .map(|(_, sum)| usize::try_from(*sum).unwrap())
        .sum()
}

async fn what_happens_after_the_clock_was_set_back_is_counted_too(door: Door) {
    let app = App::start_unlimited().await;
    app.signed_in(door, "one@example.org").await;
    app.clock.advance(Duration::from_mins(2));
    app.count_all().await;
    app.clock.set_back(Duration::from_hours(5));
    app.signed_in(door, "two@example.org").await;
    app.clock.advance(Duration::from_mins(2));
    app.count_all().await;
    app.signed_in(door, "three@example.org").await;
    assert_eq!(equal(&app).await, 3);
}

async fn what_happened_before_a_restart_with_the_clock_set_back_is_counted_once(door: Door) {
    let mut app = App::start_unlimited().await;
    app.signed_in(door, "one@example.org").await;
    app.clock.advance(Duration::from_mins(2));
    app.count_all().await;
    app.clock.set_back(Duration::from_hours(5));
    app = app.restarted_as(unlimited()).await;
    app.signed_in(door, "two@example.org").await;
    app.count_all().await;
    assert_eq!(equal(&app).await, 2);
}

async fn refusals_after_the_clock_was_set_back_are_counted_too(door: Door) {
    let app = App::start_unlimited().await;
    app.signed_in(door, "one@example.org").await;
    app.clock.advance(Duration::from_hours(3));
    app.count_all().await;
    app.clock.set_back(Duration::from_hours(2));
    app.caller(door).sign_in_with_password("one@example.org", "not this one").await;
    app.refusals_written(1).await;
    assert_eq!(equal(&app).await, 1);
    let (written, _) = app.books().await;
    assert_eq!(written.iter().filter(|(name, _)| name.ends_with("wrong_password")).count(), 1);
}

async fn nothing_is_counted_before_it_is_a_minute_old(door: Door) {
    let app = App::start_unlimited().await;
    app.signed_in(door, "one@example.org").await;
    app.clock.advance(Duration::from_secs(59));
    app.count_all().await;
    assert!(app.books().await.0.is_empty());
    app.clock.advance(Duration::from_secs(2));
    app.count_all().await;
    assert!(!app.books().await.0.is_empty());
}
