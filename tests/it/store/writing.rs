//! The sled engine when it cannot write, or cannot write fast enough.

use std::os::unix::fs::FileExt;
use std::sync::Arc;

use gatepost::domain::ports::{Committed, Store, StoreError};
use gatepost::store::sled::{Reserves, SledSettings, SledStore};

use super::process::{Process, number};
use super::{ALL, everything, get, open, put, settings, value};

#[tokio::test]
async fn writes_stop_while_the_disk_is_almost_full_and_resume_by_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.commit(put("a", 1)).await.unwrap();
    store.keep_free(ALL);
    let answer = store.commit(put("a", 2)).await;
    assert!(
        matches!(&answer, Err(StoreError::Refused(reason)) if reason.contains("almost full")),
        "{answer:?}"
    );
    assert!(store.writable().is_err());
    assert_eq!(get(&store, "a").await.map(|(record, _)| record), Some(value(1)), "reads go on");
    store.keep_free(Reserves::NONE);
    assert_eq!(store.writable(), Ok(()));
    assert_eq!(store.commit(put("a", 2)).await, Ok(Committed::Yes));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_durable_records_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    store.commit(put("k", 0)).await.unwrap();
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 1..=250u8 {
                store.commit(put("k", number)).await.unwrap();
            }
        }
    });
    // The side file counts the commits that are on disk.
    let mark = std::fs::File::open(folder.path().join("store.mark")).unwrap();
    while !writer.is_finished() {
        let got = get(&*store, "k").await.unwrap().1;
        let scanned = store.scan(&everything(), 1).await.unwrap()[0].1.as_ref().unwrap().version;
        let mut commits = [0; 8];
        mark.read_exact_at(&mut commits, 28).unwrap();
        let durable = u64::from_be_bytes(commits);
        assert!(got.0 <= durable && scanned.0 <= durable, "{got:?}, {scanned:?}, durable are {durable}");
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn a_failing_disk_stops_the_store_and_loses_no_acknowledged_commit() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let mut process = Process::start_with_file_limit("commits_until_the_disk_fails", folder.path(), 1024);
    let said = process.next().expect("the process prints its last acknowledged commit");
    assert!(process.ended_well());
    let (last, reason) = said.split_once(' ').unwrap();
    assert!(reason.contains("File too large"), "{reason}");
    let last: u64 = last.parse().unwrap();
    let found = number(&get(&open(folder.path()), "last").await.unwrap().0);
    assert!(found == last || found == last + 1, "{found}, but {last} was acknowledged");
}

#[tokio::test(flavor = "current_thread")]
async fn a_full_queue_makes_the_store_busy_and_refused_changes_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SledStore::open(folder.path(), &SledSettings { queue: 2, ..settings() }).unwrap());
    let tasks: Vec<_> = (0..200u8)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(put(&task.to_string(), task)).await })
        })
        .collect();
    let mut committed = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(Committed::Yes) => committed += 1,
            answer => assert_eq!(answer, Err(StoreError::Busy)),
        }
    }
    assert!((1..200).contains(&committed), "{committed} of 200");
    assert_eq!(store.scan(&everything(), 300).await.unwrap().len(), committed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_commits_the_changes_sent_before() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    let tasks: Vec<_> = (0..100u8)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move { (task, store.commit(put(&task.to_string(), task)).await) })
        })
        .collect();
    tokio::task::yield_now().await;
    store.close().await;
    let store = open(folder.path());
    for task in tasks {
        let (task, answer) = task.await.unwrap();
        let found = get(&store, &task.to_string()).await.is_some();
        match answer {
            Ok(Committed::Yes) => assert!(found),
            Err(StoreError::Refused(_)) => assert!(!found),
            answer => panic!("{answer:?}"),
        }
    }
}
