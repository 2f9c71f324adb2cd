//! `gatepost store verify` counts again.

use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::ports::Change;
use gatepost::domain::record::Record;
use gatepost::domain::record::key::Key;
use gatepost::domain::record::sums::{Bucket, Counter, Day, Sum};

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::Door;

both_doors! {
    a_sum_that_is_wrong_is_named,
    a_day_whose_events_were_partly_removed_is_not_counted_again,
    sums_are_removed_after_two_years,
}

async fn put(app: &App, sum: Sum, value: u64) {
    let mut change = Change::new();
    change.put(Key::sum(sum), Record::Sum(value));
    app.put_change(change).await;
}

async fn a_sum_that_is_wrong_is_named(door: Door) {
    let app = App::start().await;
    app.signed_in(door, "ann@example.org").await;
    app.settle().await;
    assert_eq!(app.misfits().await, Vec::<String>::new());
    let day = Day(20_454);
    put(&app, Sum::OfDay(day, Counter::Link), 7).await;
    put(&app, Sum::OfWeek(day.week(), Bucket::Within5m), 2).await;
    assert_eq!(
        app.misfits().await,
        [
            "2026-01-01, link: the sum for the charts is 7, and counted again it is 1",
            "2026-W01, within_5m: the sum for the charts is 2, and counted again it is 0",
        ]
    );
}

async fn a_day_whose_events_were_partly_removed_is_not_counted_again(door: Door) {
    let keep = Duration::from_hours(7 * 24);
    let app = App::start_as(Settings { events_kept: keep, ..Settings::default() }).await;
    for number in 0..4 {
        app.signed_in(door, &format!("ann{number}@example.org")).await;
        app.clock.advance(Duration::from_hours(30));
    }
    app.settle().await;
    app.sweep_after(Duration::from_hours(7 * 24 - 60)).await;
    let (written, again) = app.books().await;
    assert_ne!(written, again, "some events are gone");
    assert_eq!(app.misfits().await, Vec::<String>::new());
}

async fn sums_are_removed_after_two_years(door: Door) {
    let app = App::start().await;
    app.signed_in(door, "ann@example.org").await;
    app.settle().await;
    let day = |app: &App| Day::of(gatepost::domain::ports::Clock::now(&*app.clock));
    let first = day(&app);
    app.sweep_after(Duration::from_hours(24 * 700)).await;
    assert!(!app.books().await.0.is_empty(), "{first}");
    app.sweep_after(Duration::from_hours(24 * 60)).await;
    // The clock is believed an hour after it was moved.
    app.sweep_after(Duration::from_hours(2)).await;
    assert!(app.books().await.0.keys().all(|name| !name.starts_with("2026-01")));
}
