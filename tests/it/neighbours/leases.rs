//! Work that one node does for all.

use std::time::Duration;

use gatepost::domain::record::Record;
use gatepost::domain::record::key::Key;
use gatepost::domain::record::node::Errand;

use crate::harness::street::{Node, Street};

/// The nodes that do this work, each asked once.
async fn doing(errand: Errand, nodes: &[&Node]) -> Vec<String> {
    let mut doing = Vec::new();
    for node in nodes {
        if node.house.gatepost.has_errand(errand).await.unwrap() {
            doing.push(node.plot.profile.lock().unwrap().name.clone());
        }
    }
    doing
}

#[tokio::test]
async fn one_node_at_a_time_removes_what_has_expired_and_another_goes_on_when_it_dies() {
    let street = Street::new().await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    for errand in [Errand::Sweep, Errand::Backup] {
        let first = doing(errand, &[&one, &other]).await;
        street.beats(5, &[&one, &other]).await;
        assert_eq!(first.len(), 1);
        assert_eq!(doing(errand, &[&other, &one]).await, first);
    }
    let by = street.records("lease/").await;
    assert_eq!(by.len(), 2);
    let (dies, lives) =
        if doing(Errand::Sweep, &[&one]).await.is_empty() { (other, one) } else { (one, other) };
    dies.killed();
    // Half a minute has five heartbeats.
    street.beats(5, &[&lives]).await;
    assert_eq!(doing(Errand::Sweep, &[&lives]).await.len(), 1);
}

#[tokio::test]
async fn a_node_that_is_stopped_leaves_its_work_to_the_others_at_once() {
    let street = Street::new().await;
    let one = street.node("a").await;
    assert_eq!(doing(Errand::Backup, &[&one]).await, ["a"]);
    let other = street.node("b").await;
    assert!(doing(Errand::Backup, &[&other]).await.is_empty());
    one.stopped().await;
    street.beats(1, &[&other]).await;
    assert_eq!(doing(Errand::Backup, &[&other]).await, ["b"]);
}

#[tokio::test]
async fn a_run_that_was_taken_to_have_ended_and_goes_on_keeps_its_work() {
    let street = Street::new().await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    assert_eq!(doing(Errand::Backup, &[&one]).await, ["a"]);
    // The other one finds that it has ended, but before it takes anything, the first one is back.
    street.beats(5, &[&other]).await;
    one.house.gatepost.heartbeat().await.unwrap();
    assert!(doing(Errand::Backup, &[&other]).await.is_empty());
    assert_eq!(doing(Errand::Backup, &[&one]).await, ["a"]);
}

#[tokio::test]
async fn the_record_of_a_run_is_moved_after_a_day_and_removed_a_month_later() {
    let street = Street::new().await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    one.killed();
    street.beats(5, &[&other]).await;
    let all = async |long: Duration| {
        street.database.advance(long);
        other.plot.clock.advance(long);
        street.beats(1, &[&other]).await;
        while doing(Errand::Sweep, &[&other]).await.is_empty() {
            street.beats(1, &[&other]).await;
        }
        while other.house.gatepost.sweep().await.unwrap() == gatepost::domain::upkeep::Swept::More {}
    };
    all(Duration::from_secs(1)).await;
    assert_eq!(street.names().await, ["a", "b"]);
    all(Duration::from_hours(24)).await;
    assert_eq!(street.names().await, ["b"]);
    let ended = street.records("gone/").await;
    assert!(matches!(ended[..], [(_, Record::EndedRun(_))]));
    assert!(ended.iter().all(|(key, _)| !key.is_kept()));
    all(Duration::from_hours(24 * 29)).await;
    assert_eq!(street.records("gone/").await.len(), 1);
    all(Duration::from_hours(25)).await;
    assert_eq!(street.records("gone/").await.len(), 0);
    assert!(
        street.records("x/").await.iter().all(|(key, _)| Key::expired(key).is_none_or(|of| of.is_kept()))
    );
}
