//! Killed at any moment: nothing that was answered is lost, nothing is half there.

use std::path::Path;
use std::time::Duration;

use gatepost::domain::ports::Store;

use super::process::{Process, number};
use super::{Seeded, everything, get, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_was_killed_while_writing_has_all_it_answered_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered = [0u64; 8];
    let mut seeded = Seeded(1);
    for _ in 0..6 {
        let mut process = Process::start("commits_without_end", folder.path());
        for _ in 0..seeded.below(1500) {
            note(&mut answered, &process.next().unwrap());
        }
        process.kill();
        // What it said and nobody had read yet was answered too.
        while let Some(line) = process.next() {
            note(&mut answered, &line);
        }
        check(folder.path(), &answered).await;
    }
    assert!(answered.iter().all(|number| *number > 10), "{answered:?}");
}

fn note(answered: &mut [u64; 8], line: &str) {
    if let Some((task, number)) = line.split_once(' ') {
        answered[task.parse::<usize>().unwrap()] = number.parse().unwrap();
    }
}

async fn check(folder: &Path, answered: &[u64; 8]) {
    let store = open(folder);
    for (task, answered) in answered.iter().enumerate() {
        let mut found = Vec::new();
        for name in ["a", "b"] {
            found.push(get(&store, &format!("{task} {name}")).await.map_or(0, |(record, _)| number(&record)));
        }
        assert!(found[0] >= *answered, "task {task}: {found:?}, but {answered} was answered");
        assert_eq!(found[0], found[1], "half a commit");
        if found[0] > 0 {
            let name = format!("{task} log {:06}", found[0]);
            assert_eq!(get(&store, &name).await.map(|(record, _)| number(&record)), Some(found[0]));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_was_killed_while_it_was_made_is_made_again() {
    let mut seeded = Seeded(2);
    for _ in 0..15 {
        let folder = tempfile::tempdir().unwrap();
        // More than once in the same folder: the remains of a creation are in the way of the next.
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
fn a_second_process_is_refused_and_told_who_has_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start("holds_the_store", folder.path());
    assert_eq!(process.next().as_deref(), Some("open"));
    let refusal = super::opening::refusal(folder.path());
    assert!(refusal.contains(&format!("process {} ", process.id())), "{refusal}");
    // A lock dies with its process, however that ends.
    process.kill();
    open(folder.path());
}
