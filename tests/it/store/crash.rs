//! A store killed at any moment loses nothing that was acknowledged and has no half commits.

use std::path::Path;
use std::time::Duration;

use gatepost::domain::ports::Store;
use gatepost::store::sled::SledStore;

use super::process::{Process, number};
use super::{Seeded, everything, get, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_killed_while_writing_keeps_every_acknowledged_commit() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered = [0u64; 8];
    let mut seeded = Seeded(1);
    for _ in 0..6 {
        let mut process = Process::start("commits_without_end", folder.path());
        for _ in 0..seeded.below(1500) {
            note(&mut answered, &process.next().unwrap());
        }
        process.kill();
        // Lines that were not read before the kill were acknowledged too.
        while let Some(line) = process.next() {
            note(&mut answered, &line);
        }
        check(folder.path(), &answered).await;
    }
    assert!(answered.iter().all(|number| *number > 10), "{answered:?}");
}

pub(super) fn note(answered: &mut [u64; 8], line: &str) {
    if let Some((task, number)) = line.split_once(' ') {
        answered[task.parse::<usize>().unwrap()] = number.parse().unwrap();
    }
}

async fn check(folder: &Path, answered: &[u64; 8]) {
    check_store(&open(folder), answered).await;
}

/// Every acknowledged commit is there, and no half ones.
pub(super) async fn check_store(store: &SledStore, answered: &[u64; 8]) {
    for (task, answered) in answered.iter().enumerate() {
        let mut found = Vec::new();
        for name in ["a", "b"] {
            found.push(get(store, &format!("{task} {name}")).await.map_or(0, |(record, _)| number(&record)));
        }
        assert!(found[0] >= *answered, "task {task}: {found:?}, but {answered} was answered");
        assert_eq!(found[0], found[1], "half a commit");
        for earlier in 1..=found[0] {
            let name = format!("{task} log {earlier:06}");
            assert_eq!(get(store, &name).await.map(|(record, _)| number(&record)), Some(earlier));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_killed_during_its_creation_is_created_again() {
    let mut seeded = Seeded(2);
    for _ in 0..15 {
        let folder = tempfile::tempdir().unwrap();
        // Twice in the same folder, so that leftovers of one creation are there at the next.
        for _ in 0..2 {
            let mut process = Process::start("commits_without_end", folder.path());
            assert_eq!(process.next().as_deref(), Some("started"));
            std::thread::sleep(Duration::from_micros(seeded.below(25_000)));
            process.kill();
        }
        let store = open(folder.path());
        store.scan(&everything(), 10).await.unwrap();
    }
}

#[test]
fn a_second_process_is_refused_with_the_id_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start("holds_the_store", folder.path());
    assert_eq!(process.next().as_deref(), Some("open"));
    let refusal = super::opening::refusal(folder.path());
    assert!(refusal.contains(&format!("process {} ", process.id())), "{refusal}");
    // The lock is released however its process ends.
    process.kill();
    open(folder.path());
}
