//! What several tasks that read and write at once can rely on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use gatepost::domain::ports::{Change, Committed, Store};
use gatepost::domain::record::Record;
use gatepost::domain::record::key::{Key, Span};

use crate::crash::number;
use crate::store::{commit, everything, get, key, put, value};

pub(super) async fn of_fifty_racing_changes_one_wins(store: Arc<dyn Store>) {
    for round in ["first", "second", "third"] {
        let racers = (0..50u8).map(|racer| {
            let mut change = put(round, racer);
            change.put(key(&format!("{round} {racer}")), value(racer));
            change.expect(key(round), None);
            let store = store.clone();
            tokio::spawn(async move { store.commit(change).await.unwrap() })
        });
        let mut winners = Vec::new();
        for (racer, task) in racers.collect::<Vec<_>>().into_iter().enumerate() {
            if task.await.unwrap() == Committed::Yes {
                winners.push(u8::try_from(racer).unwrap());
            }
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(get(&*store, round).await.unwrap().0, value(winners[0]));
        let prefix = Span { from: key(&format!("{round} ")), until: key(&format!("{round}!")) };
        assert_eq!(store.scan(&prefix, 100).await.unwrap().len(), 1, "a loser left something behind");
    }
}

pub(super) async fn racing_counters_lose_nothing(store: Arc<dyn Store>) {
    let count = async |store: &dyn Store| match get(store, "count").await {
        Some((Record::KeyCheck(bytes), version)) => (bytes[0], Some(version)),
        _ => (0, None),
    };
    let racers = (0..10).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                loop {
                    let (number, version) = count(&*store).await;
                    let mut change = put("count", number + 1);
                    change.expect(key("count"), version);
                    if store.commit(change).await.unwrap() == Committed::Yes {
                        break;
                    }
                }
            }
        })
    });
    for racer in racers.collect::<Vec<_>>() {
        racer.await.unwrap();
    }
    assert_eq!(count(&*store).await.0, 100);
}

pub(super) async fn several_keys_are_read_as_of_one_moment(store: Arc<dyn Store>) {
    let names: Vec<String> = (0..6).map(|number| format!("part {number}")).collect();
    let write = |number: u8, names: &[String]| {
        let mut change = Change::new();
        for (place, name) in names.iter().enumerate() {
            // Some keys come and go, so that absence is checked at the same moment too.
            if place % 2 == 1 && number % 2 == 1 {
                change.delete(key(name));
            } else {
                change.put(key(name), value(number));
            }
        }
        change
    };
    commit(&*store, write(0, &names)).await;
    let writer = tokio::spawn({
        let (store, names) = (store.clone(), names.clone());
        async move {
            for number in 1..=250u8 {
                commit(&*store, write(number, &names)).await;
            }
        }
    });
    let keys: Vec<Key> = names.iter().map(|name| key(name)).collect();
    while !writer.is_finished() {
        let got: Vec<_> = store.get(&keys).await.unwrap().into_iter().flatten().collect();
        let scanned: Vec<_> = store.scan(&everything(), 10).await.unwrap();
        let scanned: Vec<_> = scanned.into_iter().map(|(_, reading)| reading.unwrap()).collect();
        for moment in [got, scanned] {
            assert!(moment.iter().all(|versioned| *versioned == moment[0]), "{moment:?}");
            let Record::KeyCheck(bytes) = &moment[0].record else { panic!("{moment:?}") };
            assert_eq!(moment.len(), if bytes[0] % 2 == 1 { 3 } else { 6 });
        }
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
}

pub(super) async fn an_acknowledged_commit_is_read_at_once(store: Arc<dyn Store>) {
    let tasks = (0..16u8).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            let name = format!("own {task}");
            for number in 0..20u8 {
                commit(&*store, put(&name, number)).await;
                assert_eq!(get(&*store, &name).await.unwrap().0, value(number));
                let own = Span { from: key(&name), until: key(&format!("{name}!")) };
                assert_eq!(store.scan(&own, 1).await.unwrap()[0].1.as_ref().unwrap().record, value(number));
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

pub(super) async fn a_deleted_record_is_never_read_again(store: Arc<dyn Store>) {
    const ROUNDS: u8 = 200;
    let deleted = Arc::new(AtomicU8::new(0));
    let readers = (0..3).map(|_| {
        let (store, deleted) = (store.clone(), deleted.clone());
        tokio::spawn(async move {
            loop {
                let before = deleted.load(Ordering::SeqCst);
                if let Some((record, _)) = get(&*store, "k").await {
                    assert!(
                        (before + 1..=ROUNDS).any(|later| record == value(later)),
                        "{before}: {record:?}"
                    );
                }
                if before == ROUNDS {
                    return;
                }
                tokio::task::yield_now().await;
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for round in 1..=ROUNDS {
        commit(&*store, put("k", round)).await;
        let mut deletion = Change::new();
        deletion.delete(key("k"));
        commit(&*store, deletion).await;
        deleted.store(round, Ordering::SeqCst);
    }
    for reader in readers {
        reader.await.unwrap();
    }
}

/// How many rounds. A variable asks for more.
const ROUNDS_OF_AN_ABSENT_KEY: u64 = 60;

/// The record that comes and goes is there for some of the statements of the others and not for the rest of them.
pub(super) async fn acts_on_an_absent_key_that_comes_and_goes_have_an_order(store: Arc<dyn Store>) {
    for round in 0..number("ABSENT_ROUNDS").unwrap_or(ROUNDS_OF_AN_ABSENT_KEY) {
        let name = format!("absent {round}");
        let acts = [1, 2].map(|racer| {
            let (store, name) = (Arc::clone(&store), name.clone());
            tokio::spawn(async move { store.commit(created(&name, racer)).await })
        });
        let writes = [3, 4].map(|racer| {
            let (store, name) = (Arc::clone(&store), name.clone());
            tokio::spawn(async move { commit(&*store, put(&name, racer)).await })
        });
        let comes_and_goes = {
            let (store, name) = (Arc::clone(&store), name.clone());
            tokio::spawn(async move { comes_and_goes(&*store, &name).await })
        };
        let [one, other] = acts;
        let answers = [one.await.unwrap(), other.await.unwrap()];
        for write in writes {
            write.await.unwrap();
        }
        comes_and_goes.await.unwrap();
        assert!(answers.iter().filter(|answer| **answer == Ok(Committed::Yes)).count() < 2, "{answers:?}");
        // Those that found it absent came before those that expect nothing, and these are never deleted.
        let last = get(&*store, &name).await.map(|(record, _)| record);
        assert!(last == Some(value(3)) || last == Some(value(4)), "round {round}: {last:?}, {answers:?}");
    }
}

fn created(name: &str, racer: u8) -> Change {
    let mut change = put(name, racer);
    change.expect(key(name), None);
    change
}

/// Creates a record and deletes it, if no one else has it, again and again.
async fn comes_and_goes(store: &dyn Store, name: &str) {
    const OWN: u8 = 5;
    for _ in 0..3 {
        // Whether it was created shows below.
        let _ = store.commit(created(name, OWN)).await;
        if let Some((record, version)) = get(store, name).await
            && record == value(OWN)
        {
            let mut deletion = Change::new();
            deletion.expect(key(name), Some(version));
            deletion.delete(key(name));
            let _ = store.commit(deletion).await;
        }
    }
}
