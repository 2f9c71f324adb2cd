//! Runs that join, go on, leave and end.

use std::time::Duration;

use gatepost::domain::ports::{Change, Clock, Store};
use gatepost::domain::record::Record;
use gatepost::domain::record::ids::MoveId;
use gatepost::domain::record::key::Key;
use gatepost::domain::record::state::{Course, NotReady, Phase, State};
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::upkeep::{OpenError, RunEnded};

use super::acts::signed_in;
use crate::harness::app::App;
use crate::harness::caller::Door;
use crate::harness::log::Log;
use crate::harness::street::{BEAT, Node, Street};

/// Why a node cannot start here.
fn refused(started: Result<Node, OpenError>) -> RunEnded {
    match started {
        Err(OpenError::Run(why)) => why,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it has started"),
    }
}

async fn change_state(street: &Street, make: impl FnOnce(&mut State)) {
    let Some(Record::State(mut state)) =
        street.store.get(&[Key::state()]).await.unwrap().pop().flatten().map(|found| found.record)
    else {
        panic!("there is no state")
    };
    make(&mut state);
    let mut change = Change::new();
    change.put(Key::state(), Record::State(state));
    street.store.commit(change).await.unwrap();
}

#[tokio::test]
async fn a_node_that_has_its_store_to_itself_writes_nothing_about_runs() {
    let app = App::start().await;
    drop(app.signed_in(Door::Pages, "ann@example.org").await);
    app.sweep_after(Duration::from_hours(48)).await;
    let keys: Vec<Key> = app.all_records().await.into_iter().map(|(key, _)| key).collect();
    assert!(keys.iter().all(Key::is_kept));
    assert!(!keys.contains(&Key::state()));
}

#[tokio::test]
async fn a_run_that_is_stopped_leaves_its_place_at_once_and_one_that_is_killed_does_not() {
    let street = Street::new().await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    assert_eq!(street.names().await, ["a", "b"]);
    let plot = one.stopped().await;
    assert_eq!(street.names().await, ["b"]);
    assert_eq!(street.records("gone/").await.len(), 1);
    let one = street.node_at(&plot).await.unwrap();
    assert_eq!(street.names().await, ["a", "b"]);
    let plot = one.killed();
    street.beats(2, &[&other]).await;
    assert_eq!(street.names().await, ["a", "b"]);
    // The next run of the same node takes it away.
    let one = street.node_at(&plot).await.unwrap();
    street.beats(2, &[&one, &other]).await;
    assert_eq!((street.names().await.len(), street.records("gone/").await.len()), (2, 2));
}

#[tokio::test]
async fn a_store_that_was_put_back_is_refused_by_nodes_that_run_and_by_those_that_start() {
    let street = Street::new().await;
    let (one, stopped) = (street.node("a").await, street.node("b").await.stopped().await);
    let yesterday = street.copied().await;
    street.beats(3, &[&one]).await;
    let (also, late) = (street.node_at(&stopped).await.unwrap(), street.node("c").await);
    street.beats(1, &[&one, &also, &late]).await;
    let (asleep, fresh) = (late.stopped().await, street.plot("d"));
    for plot in [&one.plot, &also.plot, &asleep, &fresh] {
        plot.wire.lead_to(yesterday.clone());
    }
    for node in [&one, &also] {
        node.plot.clock.advance(BEAT);
    }
    assert_eq!(one.ended().await, RunEnded::PutBack);
    assert_eq!(also.ended().await, RunEnded::PutBack);
    assert_eq!(refused(street.node_at(&asleep).await), RunEnded::PutBack);
    // A node that has never been here cannot know.
    drop(street.node_at(&fresh).await.unwrap());
}

#[tokio::test]
async fn a_node_does_not_take_a_different_store_for_its_own() {
    let (street, elsewhere) = (Street::new().await, Street::new().await);
    let plot = street.node("a").await.stopped().await;
    drop(elsewhere.node("b").await);
    plot.wire.lead_to(elsewhere.store.clone());
    assert_eq!(refused(street.node_at(&plot).await), RunEnded::PutBack);
    let (plot, empty) = (street.node("c").await.stopped().await, Street::new().await);
    plot.wire.lead_to(empty.store.clone());
    assert_eq!(refused(street.node_at(&plot).await), RunEnded::PutBack);
}

#[tokio::test]
async fn another_server_is_accepted_only_if_the_last_run_is_in_it_as_it_was_left() {
    let (log, street) = (Log::default(), Street::new().await);
    let _guard = log.capture();
    let one = street.node("a").await;
    let early = street.copied().await;
    street.beats(2, &[&one]).await;
    // After a kill.
    let other = street.node("b").await;
    street.beats(2, &[&other]).await;
    let plot = other.killed();
    plot.lead_to_another_server(early.clone());
    assert_eq!(refused(street.node_at(&plot).await), RunEnded::PutBack);
    plot.lead_to_another_server(street.copied().await);
    drop(street.node_at(&plot).await.unwrap());
    let line = "this is another database server than before";
    assert_eq!(log.text().matches(line).count(), 1, "{}", log.text());
    // After a clean stop.
    let plot = one.stopped().await;
    plot.lead_to_another_server(early);
    assert_eq!(refused(street.node_at(&plot).await), RunEnded::PutBack);
    plot.lead_to_another_server(street.copied().await);
    drop(street.node_at(&plot).await.unwrap());
    assert_eq!(log.text().matches(line).count(), 2, "{}", log.text());
    // One that remembers nothing cannot know.
    let fresh = street.plot("c");
    fresh.lead_to_another_server(street.copied().await);
    assert_eq!(refused(street.node_at(&fresh).await), RunEnded::PutBack);
}

#[tokio::test]
async fn a_store_that_was_accepted_is_taken_by_every_node_by_itself() {
    let street = Street::new().await;
    let plot = street.node("a").await.killed();
    let other = street.node("b").await;
    // As `store verify --accept` does.
    let mark = [7; 8];
    change_state(&street, |state| state.course = Course { number: state.course.number + 1, mark }).await;
    other.plot.clock.advance(BEAT);
    assert_eq!(other.ended().await, RunEnded::PutBack);
    let one = street.node_at(&plot).await.unwrap();
    street.beats(2, &[&one]).await;
    let plot = one.stopped().await;
    // Then it is put back once more, to the course before.
    change_state(&street, |state| state.course = Course { number: state.course.number - 1, mark: [8; 8] })
        .await;
    assert_eq!(refused(street.node_at(&plot).await), RunEnded::PutBack);
}

#[tokio::test]
async fn a_copy_of_a_node_ends_the_run_of_the_original() {
    let street = Street::new().await;
    let one = street.node("a").await;
    street.beats(1, &[&one]).await;
    let copy = street.node_at(&one.plot.cloned(&street, "copy")).await.unwrap();
    one.plot.clock.advance(BEAT);
    let plot = one.plot.clone();
    assert_eq!(one.ended().await, RunEnded::Declared);
    // Its supervisor starts it again, and then both go on.
    let one = street.node_at(&plot).await.unwrap();
    street.beats(3, &[&one, &copy]).await;
}

#[tokio::test]
async fn no_node_uses_a_store_that_was_moved_or_is_being_moved_or_needs_a_newer_version() {
    let street = Street::new().await;
    let one = street.node("a").await;
    let (id, to, at) = (MoveId([1; 16]), "postgres://db2/gatepost".to_owned(), Timestamp(1));
    change_state(&street, |state| state.phase = Phase::Moved { id, to: to.clone(), at }).await;
    one.plot.clock.advance(BEAT);
    assert_eq!(one.ended().await, RunEnded::NotReady(NotReady::Moved { to: to.clone(), at }));
    assert_eq!(
        refused(street.node_at(&street.plot("b")).await),
        RunEnded::NotReady(NotReady::Moved { to, at })
    );
    change_state(&street, |state| state.phase = Phase::Moving(id)).await;
    assert_eq!(refused(street.node_at(&street.plot("b")).await), RunEnded::NotReady(NotReady::Moving));
    change_state(&street, |state| (state.phase, state.floor) = (Phase::Ready, 3)).await;
    assert_eq!(refused(street.node_at(&street.plot("b")).await), RunEnded::NewerFormat(3));
    assert_eq!(street.names().await, ["a"]);
}

#[tokio::test]
async fn a_node_that_shows_emails_is_the_only_one() {
    let street = Street::new().await;
    let plot = street.plot("a");
    plot.profile.lock().unwrap().shows_emails = true;
    let one = street.node_at(&plot).await.unwrap();
    assert_eq!(refused(street.node_at(&street.plot("b")).await), RunEnded::Mailbox("a".into()));
    // Killed and started again, it serves at once.
    let one = street.node_at(&one.killed()).await.unwrap();
    drop(one.stopped().await);
    let other = street.node("b").await;
    assert_eq!(refused(street.node_at(&plot).await), RunEnded::Mailbox("b".into()));
    drop(other);
}

#[tokio::test]
async fn a_run_is_in_the_way_of_the_mailbox_until_it_had_the_time_to_show_that_it_goes_on() {
    let street = Street::new().await;
    let one = street.node("a").await;
    let plot = street.plot("b");
    plot.profile.lock().unwrap().shows_emails = true;
    let (room, ()) = tokio::join!(street.make_room(&plot), async {
        street.beats(1, &[&one]).await;
        plot.clock.advance(BEAT);
    });
    assert_eq!(room, Err(OpenError::Run(RunEnded::Mailbox("a".into()))));
    drop(one.killed());
    let begun = plot.clock.monotonic();
    let mut room = std::pin::pin!(street.make_room(&plot));
    let made = loop {
        tokio::select! {
            biased;
            made = &mut room => break made,
            () = tokio::task::yield_now() => plot.clock.advance(Duration::from_millis(500)),
        }
    };
    assert_eq!(made, Ok(()));
    assert!(plot.clock.monotonic().saturating_sub(begun) >= Duration::from_secs(25));
    assert_eq!((street.names().await.len(), street.records("gone/").await.len()), (0, 1));
    let one = street.node_at(&plot).await.unwrap();
    assert_eq!(refused(street.node_at(&street.plot("c")).await), RunEnded::Mailbox("b".into()));
    drop(one);
}

#[tokio::test]
async fn what_a_node_remembers_proves_nothing_after_four_weeks() {
    let street = Street::new().await;
    let plot = street.node("a").await.stopped().await;
    let empty = Street::new().await;
    plot.wire.lead_to(empty.store.clone());
    assert_eq!(refused(street.node_at(&plot).await), RunEnded::PutBack);
    let weeks = Duration::from_hours(24 * 29);
    street.database.advance(weeks);
    plot.clock.advance(weeks);
    drop(street.node_at(&plot).await.unwrap());
}

#[tokio::test]
async fn a_node_without_a_heartbeat_for_fifteen_seconds_writes_nothing_but_the_next_one() {
    let street = Street::new().await;
    let one = street.node("a").await;
    let mut ann = signed_in(&street, &one, Door::Json).await;
    one.plot.wire.cut(true);
    one.plot.clock.advance(Duration::from_secs(16));
    street.database.advance(Duration::from_secs(16));
    // Its next heartbeat fails. Afterwards the store is back, and it has not tried again yet.
    street.until(async || one.readiness().await.0 == 503).await;
    one.plot.wire.cut(false);
    assert_eq!(ann.who().await.as_deref(), Some("ann@example.org"));
    let (status, body) = one.readiness().await;
    assert_eq!(status, 503);
    assert!(body.contains("last confirmed by the database 16 s ago"), "{body}");
    assert_eq!(ann.sign_out().await.code(), "store_unavailable");
    street.beats(1, &[&one]).await;
    assert_eq!(one.readiness().await.0, 200);
    assert!(ann.who().await.is_some());
}
