//! Events, and counts of refusals, are kept for as long as configured.

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::ports::Clock;
use gatepost::domain::record::event::{Event, EventName};
use gatepost::domain::record::ids::AccountId;
use gatepost::domain::upkeep::Swept;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::spoiled::SpoiledStore;
use crate::profile::{ANN, OTHER, PASSWORD, also, registered};

both_doors! {
    old_events_and_counts_are_removed_and_young_ones_stay,
    events_that_cannot_be_read_keep_no_others_from_being_removed,
    nothing_is_removed_by_a_clock_that_is_ahead_for_less_than_an_hour,
    a_shorter_time_counts_for_what_is_stored_already,
    a_longer_time_counts_for_what_is_stored_already,
    a_registration_that_no_one_confirms_leaves_its_event,
    events_of_a_deleted_account_stay_as_those_of_no_one,
}

const DAY: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);
const ALMOST_AN_HOUR: Duration = Duration::from_secs(3_599);
const KEEP: Duration = Duration::from_hours(90 * 24);

fn kept_for(events_kept: Duration) -> Settings {
    Settings { events_kept, ..Settings::default() }
}

/// The names in the history of an account, as its owner exports it.
async fn history(caller: &mut Caller) -> Vec<String> {
    let export = caller.export().await;
    let events = export["events"].as_array().unwrap().iter();
    events.map(|event| event["name"].as_str().unwrap().to_owned()).collect()
}

/// Enters a wrong password for Ann, and waits until that is counted in the store.
async fn refuse(app: &App, door: Door) {
    app.caller(door).sign_in_with_password(ANN, OTHER).await;
    app.refusals_written(1).await;
}

async fn old_events_and_counts_are_removed_and_young_ones_stay(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    refuse(&app, door).await;
    let old = app.events().await.len();
    app.sweep_after(60 * DAY).await;
    let mut ann = also(&app, door, ANN, PASSWORD).await;
    app.device_emails().await;
    let all = app.events().await.len();
    assert_eq!(history(&mut ann).await, ["authn_login_success", "user_created", "authn_login_fail"]);
    app.sweep_after((30 * DAY).saturating_sub(Duration::from_secs(31))).await;
    assert_eq!((app.events().await.len(), app.refusals().await.len()), (all, 1));
    app.sweep_after(Duration::from_secs(31)).await;
    assert_eq!((app.events().await.len(), app.refusals().await.len()), (all - old, 0));
    assert_eq!(app.records().await.history, 1);
    let mut ann = also(&app, door, ANN, PASSWORD).await;
    app.device_emails().await;
    assert_eq!(history(&mut ann).await, ["authn_login_success", "authn_login_success"]);
    let page = ann.in_browser().get("/profile").await.body;
    assert!(!page.contains("Account created.") && !page.contains("Wrong password entered."), "{page}");
}

async fn events_that_cannot_be_read_keep_no_others_from_being_removed(door: Door) {
    let store = Arc::new(SpoiledStore::default());
    let app = App::start_over(store.clone()).await;
    registered(&app, door, ANN).await;
    let (id, from) = (app.account(ANN).await.id, app.clock.now());
    app.put_events(id, from, 120).await;
    let unreadable = store.spoil("v/").await;
    app.put_events(id, from.plus(HOUR), 120).await;
    let copies = app.records().await.history;
    app.sweep_after(KEEP + 2 * HOUR).await;
    assert_eq!(app.events().await.len(), 0, "all that can be read are gone");
    assert_eq!(app.records().await.history, copies - 120);
    store.mend();
    assert_eq!(app.events().await.len(), unreadable, "the others stay");
    app.sweep().await;
    assert_eq!((app.events().await.len(), app.records().await.history), (0, 0));
}

async fn nothing_is_removed_by_a_clock_that_is_ahead_for_less_than_an_hour(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    refuse(&app, door).await;
    let all = app.events().await.len();
    app.clock.set_ahead(200 * DAY);
    app.sweep_after(ALMOST_AN_HOUR).await;
    app.clock.set_back(200 * DAY);
    app.sweep().await;
    assert_eq!((app.events().await.len(), app.refusals().await.len()), (all, 1));
    // The same at a start.
    app.clock.set_ahead(200 * DAY);
    let app = app.restarted_as(Settings::default()).await;
    app.sweep_after(ALMOST_AN_HOUR).await;
    assert_eq!((app.events().await.len(), app.refusals().await.len()), (all, 1));
    app.sweep_after(Duration::from_secs(1)).await;
    assert_eq!((app.events().await.len(), app.refusals().await.len()), (0, 0));
}

async fn a_shorter_time_counts_for_what_is_stored_already(door: Door) {
    let app = App::start().await;
    registered(&app, door, ANN).await;
    refuse(&app, door).await;
    app.sweep_after(8 * DAY).await;
    let mut ann = also(&app, door, ANN, PASSWORD).await;
    app.device_emails().await;
    assert_eq!(history(&mut ann).await.len(), 3);
    let app = app.restarted_as(kept_for(7 * DAY)).await;
    app.sweep().await;
    assert_eq!(app.refusals().await.len(), 0);
    let mut ann = also(&app, door, ANN, PASSWORD).await;
    app.device_emails().await;
    assert_eq!(history(&mut ann).await, ["authn_login_success", "authn_login_success"]);
}

async fn a_longer_time_counts_for_what_is_stored_already(door: Door) {
    let app = App::start_as(kept_for(7 * DAY)).await;
    registered(&app, door, ANN).await;
    refuse(&app, door).await;
    let app = app.restarted_as(kept_for(60 * DAY)).await;
    app.sweep_after(50 * DAY).await;
    let mut ann = also(&app, door, ANN, PASSWORD).await;
    app.device_emails().await;
    assert_eq!(history(&mut ann).await, ["authn_login_success", "user_created", "authn_login_fail"]);
    app.sweep_after(10 * DAY).await;
    assert_eq!(app.refusals().await.len(), 0);
}

/// So that it can be told later which share of the registrations is confirmed.
async fn a_registration_that_no_one_confirms_leaves_its_event(door: Door) {
    let app = App::start().await;
    assert_eq!(app.caller(door).register(ANN, PASSWORD).await, Answer::Done);
    app.letter_to(ANN).await;
    app.sweep_after(KEEP.saturating_sub(HOUR)).await;
    assert_eq!(app.records().await.requests, 0);
    assert!(app.events().await.contains(&EventName::Registered));
    app.sweep_after(HOUR).await;
    assert_eq!(app.events().await, []);
}

async fn events_of_a_deleted_account_stay_as_those_of_no_one(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    registered(&app, door, "bob@example.org").await;
    let (id, bob) = (app.account(ANN).await.id, app.account("bob@example.org").await.id);
    app.put_events(id, app.clock.now(), 100).await;
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.news_to(ANN).await;
    let before = app.all_events().await;
    app.sweep().await;
    let after = app.all_events().await;
    let names = |events: &[Event]| events.iter().map(|event| (event.at, event.name)).collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    for (before, after) in before.iter().zip(&after) {
        if before.account == Some(id) {
            assert_eq!((after.account, after.device.as_str()), (None, ""));
            assert!(after.ip.is_unspecified());
        } else {
            assert_eq!(before, after);
        }
    }
    assert!(after.iter().any(|event| event.name == EventName::AccountDeleted));
    assert_eq!(after.iter().filter(|event| event.account == Some(bob)).count(), 1);
    assert_eq!(app.records().await.history, 1);
}

/// The last event may have been removed before the clock went wrong.
#[tokio::test]
async fn a_start_without_events_removes_nothing_for_an_hour() {
    let settings = Settings { session_idle: 30 * DAY, ..kept_for(7 * DAY) };
    let app = App::start_as(settings.clone()).await;
    registered(&app, Door::Json, ANN).await;
    app.sweep_after(8 * DAY).await;
    assert_eq!((app.events().await.len(), app.records().await.sessions), (0, 1));
    app.clock.set_ahead(40 * DAY);
    let app = app.restarted_as(settings).await;
    app.sweep_after(ALMOST_AN_HOUR).await;
    assert_eq!(app.records().await.sessions, 1);
    app.sweep_after(Duration::from_secs(1)).await;
    assert_eq!(app.records().await.sessions, 0);
}

/// Anyone can cause expired records. That must not keep a deleted account or old events from being removed.
#[tokio::test]
async fn no_kind_of_record_waits_for_another_to_be_removed() {
    let app = App::start_over(Arc::new(SpoiledStore::default())).await;
    let mut ann = registered(&app, Door::Json, ANN).await;
    let (id, now) = (app.account(ANN).await.id, app.clock.now());
    app.put_events(id, now, 1_000).await;
    for number in 0..300 {
        app.caller(Door::Json).ask(&format!("m{number}@example.org")).await;
    }
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.put_events(AccountId([7; 16]), now.minus(2 * KEEP), 1_000).await;
    app.clock.advance(26 * HOUR);
    let before = app.records().await;
    app.read_all().await;
    assert_eq!(app.house.gatepost.sweep().await, Ok(Swept::More));
    let after = app.records().await;
    assert!(0 < after.requests && after.requests < before.requests, "{after:?}");
    assert!(0 < after.history && after.history < before.history, "{after:?}");
    assert!(1_000 < after.events && after.events < before.events, "{after:?}");
    app.sweep().await;
    let after = app.records().await;
    assert_eq!((after.requests, after.history, after.events), (0, 0, before.events - 1_000));
}

/// As fast as they are made: a thousand take a few rounds, one right after the other.
#[tokio::test]
async fn all_that_has_expired_is_removed_without_a_pause() {
    let app = App::start_over(Arc::new(SpoiledStore::default())).await;
    for number in 0..1_000 {
        app.caller(Door::Json).ask(&format!("m{number}@example.org")).await;
        if number % 100 == 99 {
            app.read_all().await;
        }
    }
    app.clock.advance(26 * HOUR);
    // The clock stands still from now on, so a pause would never end.
    while app.records().await.requests > 0 {
        tokio::task::yield_now().await;
    }
}
