//! The life of the engine beside others: one moment of all records, what is remembered, and the clock.

use std::sync::Arc;

use gatepost::domain::ports::{MAX_REMEMBERED_BYTES, SharedEngine, StoreError};
use gatepost::store::life::{Life, Proof, Proving};
use gatepost::store::postgres::{Access, PostgresSettings, PostgresStore};
use gatepost::world;

use super::{commit_at_last, opened};
use crate::harness::postgres::Server;

/// How many records a snapshot has, read to its end after `meanwhile`.
async fn counted(store: &PostgresStore, meanwhile: impl Future<Output = ()>) -> (u64, usize) {
    let mut snapshot = store.snapshot().await.unwrap();
    meanwhile.await;
    let mut keys = Vec::new();
    while snapshot.next_page(&mut |key, _| keys.push(key.clone())).await.unwrap().is_some() {}
    assert!(keys.is_sorted(), "in the order of the keys");
    (snapshot.records(), keys.len())
}

async fn verified(store: &Arc<PostgresStore>) -> Proof {
    let mut verifying = Arc::clone(store).verify().await.unwrap();
    loop {
        if let Proving::Whole(proof) = verifying.step().await.unwrap() {
            return proof;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_and_a_verification_are_of_one_moment_while_others_write() {
    let Some(server) = Server::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let settings = || server.settings("one_moment", folder.path());
    let store = opened(settings).await;
    for number in 0..30 {
        commit_at_last(&store, &format!("{number:02}"), number).await;
    }
    let other = PostgresStore::open(settings(), world::real()).await.unwrap();
    let writes = async {
        for number in 0..30 {
            commit_at_last(&other, &format!("later {number:02}"), number).await;
        }
    };
    assert_eq!(counted(&store, writes).await, (30, 30));
    assert_eq!(counted(&store, async {}).await, (60, 60));
    let proof = verified(&store).await;
    assert_eq!((proof.records, proof.unreadable.count, proof.restored), (60, 0, false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_remembered_is_there_for_the_next_run_beside_what_the_engine_remembers() {
    let Some(server) = Server::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let settings = || server.settings("memory", folder.path());
    let store = opened(settings).await;
    assert_eq!(store.remembered().await, Ok(vec![]));
    for memory in [vec![0, 255, 10], Vec::new(), vec![7; MAX_REMEMBERED_BYTES]] {
        store.remember(&memory).await.unwrap();
        assert_eq!(store.remembered().await, Ok(memory.clone()));
        let next = PostgresStore::open(settings(), world::real()).await.unwrap();
        assert_eq!(next.remembered().await, Ok(memory));
    }
    let refused = store.remember(&[7; MAX_REMEMBERED_BYTES + 1]).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    let now = world::real().now();
    let theirs = store.time().await.unwrap().unwrap();
    assert!(theirs.0.abs_diff(now.0) < 60_000, "{theirs} beside {now}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_makes_no_table_and_leaves_no_side_file() {
    let Some(server) = Server::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let settings = || server.settings("guest", folder.path());
    let guest = |settings: PostgresSettings| PostgresStore::open_for(Access::Guest, settings, world::real());
    server.ask("CREATE SCHEMA guest").await;
    let refusal = guest(settings()).await.unwrap_err().to_string();
    assert!(refusal.contains("there is no database in schema guest"), "{refusal}");
    let elsewhere = tempfile::tempdir().unwrap();
    drop(opened(|| server.settings("guest", elsewhere.path())).await);
    assert!(guest(settings()).await.unwrap().is_empty);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
