//! A primary that is lost, and a standby that takes its place.

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::ports::{Committed, StoreError};
use gatepost::store::postgres::{Durable, PostgresSettings, PostgresStore};
use gatepost::world;

use super::{A_COMMIT_WAITS, begin, commit_at_last, has, opened, pair, refusal};
use crate::harness::postgres::settings;
use crate::store::put;

const TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_standby_has_everything_acknowledged_and_the_former_primary_is_never_written_to() {
    let Some((primary, standby)) = pair().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let both = || PostgresSettings {
        timeout: TIMEOUT,
        ..settings(vec![primary.socket(), standby.socket()], "gatepost", folder.path())
    };
    let store = opened(both).await;
    for number in 0..20u8 {
        assert_eq!(
            begin(&store, put(&format!("before {number}"), number)).await.unwrap(),
            Ok(Committed::Yes)
        );
    }
    primary.crash().await;
    standby.promote().await;
    commit_at_last(&store, "after", 1).await;
    for number in 0..20u8 {
        assert!(has(&store, &format!("before {number}")).await);
    }
    primary.start_again().await;
    primary.set("synchronous_standby_names", "").await;
    let before = primary.ask("SELECT count(*) FROM gatepost.receipt").await;
    let other = Arc::new(PostgresStore::open(both(), world::real()).await.unwrap());
    commit_at_last(&other, "by another", 1).await;
    assert!(has(&store, "by another").await);
    let old = refusal(|| PostgresSettings { hosts: vec![primary.socket()], ..both() }).await;
    assert!(old.contains("it was the primary before a failover"), "{old}");
    assert_eq!(primary.ask("SELECT count(*) FROM gatepost.receipt").await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_no_standby_had_is_lost_with_the_primary_and_never_acknowledged() {
    let Some((primary, standby)) = pair().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let both = || PostgresSettings {
        timeout: TIMEOUT,
        ..settings(vec![primary.socket(), standby.socket()], "gatepost", folder.path())
    };
    let store = opened(both).await;
    standby.crash().await;
    let commit = begin(&store, put("a", 1));
    primary.wait_until(A_COMMIT_WAITS).await;
    primary.crash().await;
    standby.start_again().await;
    standby.promote().await;
    let answer = commit.await.unwrap();
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    assert!(!has(&store, "a").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_nothing_is_read_before_a_standby_acknowledges() {
    let Some((primary, standby)) = pair().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let majority = || PostgresSettings {
        timeout: TIMEOUT,
        durable: Durable::Majority,
        ..settings(vec![primary.socket()], "gatepost", folder.path())
    };
    let store = opened(majority).await;
    standby.crash().await;
    let commit = begin(&store, put("a", 1));
    primary.wait_until(A_COMMIT_WAITS).await;
    primary.crash().await;
    primary.start_again().await;
    // The server shows it to everyone now, although no standby has it.
    primary.wait_until("SELECT count(*) = 1 FROM gatepost.kv").await;
    let reading = tokio::spawn({
        let store = Arc::clone(&store);
        async move { has(&store, "a").await }
    });
    primary.wait_until(A_COMMIT_WAITS).await;
    assert!(!commit.is_finished() && !reading.is_finished());
    standby.start_again().await;
    assert_eq!(commit.await.unwrap(), Ok(Committed::Yes));
    assert!(reading.await.unwrap());
}
