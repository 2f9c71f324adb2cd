//! Standbys that do not answer.

use std::time::Duration;

use gatepost::domain::ports::{Store, StoreError};

use super::{begin, commit_at_last, has, majority, opened, pair};
use crate::store::put;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_standby_writes_are_refused_in_time_and_reads_go_on() {
    let Some((primary, standby)) = pair().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let timeout = Duration::from_secs(1);
    let store = opened(|| majority(&primary, folder.path(), timeout)).await;
    commit_at_last(&store, "before", 1).await;
    standby.crash().await;
    let writes: Vec<_> = (0..40u8).map(|number| begin(&store, put(&format!("w {number}"), number))).collect();
    for write in writes {
        let answer = tokio::time::timeout(timeout * 2, write).await.expect("an answer in time").unwrap();
        assert!(
            matches!(answer, Err(StoreError::InDoubt(_) | StoreError::Busy | StoreError::Refused(_))),
            "{answer:?}"
        );
    }
    assert!(store.writable().is_err());
    for _ in 0..20 {
        assert!(has(&store, "before").await);
    }
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gatepost' AND wait_event = 'SyncRep'";
    let waiting: usize = primary.ask(ours).await.parse().unwrap();
    assert!((1..=6).contains(&waiting), "{waiting} of 8 connections, of which 2 are for reads");
    standby.start_again().await;
    commit_at_last(&store, "after", 2).await;
    primary.wait_until(&format!("SELECT ({ours}) = 0")).await;
    for _ in 0..20 {
        commit_at_last(&store, "again", 3).await;
    }
    assert_eq!(store.writable(), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_without_a_standby_is_refused() {
    let Some((primary, standby)) = pair().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = opened(|| majority(&primary, folder.path(), Duration::from_secs(1))).await;
    store.close().await;
    standby.crash().await;
    primary.crash().await;
    primary.start_again().await;
    let refusal = super::refusal(|| majority(&primary, folder.path(), Duration::from_secs(1))).await;
    assert!(refusal.contains("acknowledges"), "{refusal}");
}
