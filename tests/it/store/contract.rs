//! The contract of the store: every engine in the list keeps every promise in the list.

mod racing;

use std::sync::Arc;

use gatepost::domain::ports::{Change, Committed, Store, StoreError};
use gatepost::domain::record::key::{Key, Span};

use self::racing::{
    a_deleted_record_is_never_read_again, acts_on_an_absent_key_that_comes_and_goes_have_an_order,
    an_acknowledged_commit_is_read_at_once, of_fifty_racing_changes_one_wins, racing_counters_lose_nothing,
    several_keys_are_read_as_of_one_moment,
};
use super::{answer, commit, everything, get, key, long_record, put, value};

macro_rules! contract {
    ($engine:ident $how:tt keeps $promises:tt) => {
        mod $engine {
            contract!(@each $engine $how $promises);
        }
    };
    (@each $engine:ident $how:tt [$($promise:ident),+ $(,)?]) => { $(contract!(@one $engine $how $promise);)+ };
    (@one $engine:ident [$($how:meta)?] $promise:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        $(#[$how])?
        async fn $promise() {
            let Some(fixture) = super::super::$engine().await else { return };
            super::$promise(fixture.store.clone()).await;
        }
    };
}

macro_rules! engines {
    ([$($engine:ident $how:tt),+] keep $promises:tt) => { $(contract!($engine $how keeps $promises);)+ };
}

engines!([memory [], sled [], chaotic [], postgres []] keep [
    committed_records_are_read,
    a_change_is_written_completely_or_not_at_all,
    an_expectation_fails_once_the_key_is_written_again,
    a_deleted_and_rewritten_key_never_has_an_old_version,
    an_absent_key_can_be_expected,
    expectations_on_unwritten_keys_count_too,
    of_fifty_racing_changes_one_wins,
    racing_counters_lose_nothing,
    scans_are_in_order_and_continue_after_the_last_page,
    several_keys_are_read_as_of_one_moment,
    an_acknowledged_commit_is_read_at_once,
    a_deleted_record_is_never_read_again,
    acts_on_an_absent_key_that_comes_and_goes_have_an_order,
    changes_beyond_the_limits_are_refused,
    changes_at_the_limits_are_accepted,
]);

async fn committed_records_are_read(store: Arc<dyn Store>) {
    let mut change = put("a", 1);
    change.put(key("b"), value(2));
    change.delete(key("never there"));
    commit(&*store, change).await;
    let found = store.get(&[key("b"), key("missing"), key("a"), key("b")]).await.unwrap();
    let records: Vec<_> = found.into_iter().map(|found| found.map(|found| found.record)).collect();
    assert_eq!(records, [Some(value(2)), None, Some(value(1)), Some(value(2))]);
    assert_eq!(store.get(&[]).await, Ok(vec![]));
    assert_eq!(store.writable(), Ok(()));
}

async fn a_change_is_written_completely_or_not_at_all(store: Arc<dyn Store>) {
    commit(&*store, put("present", 1)).await;
    let before = store.scan(&everything(), 100).await.unwrap();
    let mut change = put("new", 2);
    change.put(key("present"), value(3));
    change.delete(key("absent"));
    change.expect(key("new"), None);
    change.expect(key("present"), None);
    assert_eq!(store.commit(change).await, Ok(Committed::Conflict));
    assert_eq!(store.scan(&everything(), 100).await.unwrap(), before);
}

async fn an_expectation_fails_once_the_key_is_written_again(store: Arc<dyn Store>) {
    commit(&*store, put("k", 1)).await;
    let (_, version) = get(&*store, "k").await.unwrap();
    // Writing another key does not matter, but writing the same value again does.
    commit(&*store, put("other", 9)).await;
    let mut change = put("k", 1);
    change.expect(key("k"), Some(version));
    commit(&*store, change.clone()).await;
    assert_eq!(store.commit(change).await, Ok(Committed::Conflict));
    assert_ne!(get(&*store, "k").await.unwrap().1, version);
}

async fn a_deleted_and_rewritten_key_never_has_an_old_version(store: Arc<dyn Store>) {
    let mut seen = Vec::new();
    for _ in 0..5 {
        commit(&*store, put("k", 1)).await;
        let (_, version) = get(&*store, "k").await.unwrap();
        assert!(!seen.contains(&version));
        seen.push(version);
        let mut change = Change::new();
        change.delete(key("k"));
        commit(&*store, change).await;
        assert_eq!(get(&*store, "k").await, None);
        let mut change = put("x", 1);
        change.expect(key("k"), Some(version));
        assert_eq!(store.commit(change).await, Ok(Committed::Conflict));
    }
}

async fn an_absent_key_can_be_expected(store: Arc<dyn Store>) {
    let mut change = put("k", 1);
    change.expect(key("k"), None);
    commit(&*store, change.clone()).await;
    assert_eq!(store.commit(change.clone()).await, Ok(Committed::Conflict));
    let mut deletion = Change::new();
    deletion.delete(key("k"));
    commit(&*store, deletion).await;
    commit(&*store, change).await;
}

async fn expectations_on_unwritten_keys_count_too(store: Arc<dyn Store>) {
    let mut change = Change::new();
    change.expect(key("a"), None);
    commit(&*store, change.clone()).await;
    assert_eq!(get(&*store, "a").await, None);
    change.put(key("b"), value(1));
    commit(&*store, put("a", 1)).await;
    assert_eq!(store.commit(change).await, Ok(Committed::Conflict));
    assert_eq!(get(&*store, "b").await, None);
}

async fn scans_are_in_order_and_continue_after_the_last_page(store: Arc<dyn Store>) {
    let names = ["b", "a", "c", "bb", "", "z", "b\u{ff}", "ba"];
    for (number, name) in (0u8..).zip(names) {
        commit(&*store, put(name, number)).await;
    }
    let mut deletion = Change::new();
    deletion.delete(key("ba"));
    commit(&*store, deletion).await;
    let span = Span { from: key("a"), until: key("z") };
    let keys = |page: &[(Key, _)]| page.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let all = keys(&store.scan(&span, 100).await.unwrap());
    assert_eq!(all, ["a", "b", "bb", "b\u{ff}", "c"].map(key), "the end is not in the span");
    let (mut rest, mut paged) = (span.clone(), Vec::new());
    loop {
        let page = store.scan(&rest, 2).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        rest = rest.after(last);
        paged.extend(keys(&page));
    }
    assert_eq!(paged, all);
    assert_eq!(store.scan(&span, 0).await, Ok(vec![]));
    let backwards = Span { from: span.until, until: span.from };
    assert_eq!(store.scan(&backwards, 10).await, Ok(vec![]));
    let beyond = Span { from: Key::from_bytes(vec![]), until: Key::from_bytes(vec![0xff; 3]) };
    assert_eq!(store.scan(&beyond, 100).await.unwrap().len(), 7, "the engine's own keys are not shown");
}

async fn changes_beyond_the_limits_are_refused(store: Arc<dyn Store>) {
    let many = |count: usize| (0..count).map(|number| key(&number.to_string()));
    let mut writes = Change::new();
    many(Change::MAX_WRITES + 1).for_each(|key| writes.delete(key));
    let mut expectations = put("k", 1);
    many(Change::MAX_EXPECTATIONS + 1).for_each(|key| expectations.expect(key, None));
    let mut bytes = Change::new();
    many(6).for_each(|key| bytes.put(key, long_record(50_000)));
    let mut twice = put("k", 1);
    twice.delete(key("k"));
    let key_of = |bytes: Vec<u8>| {
        let mut change = put("k", 1);
        change.put(Key::from_bytes(bytes), value(1));
        change
    };
    let mut record = Change::new();
    record.put(key("k"), long_record(Change::MAX_RECORD_BYTES));
    let mut long_expectation = put("k", 1);
    long_expectation.expect(Key::from_bytes(vec![b'k'; Change::MAX_KEY_BYTES + 1]), None);
    let long_key = key_of(vec![b'k'; Change::MAX_KEY_BYTES + 1]);
    let engines_own = key_of(b"\0tally".to_vec());
    let all =
        [writes, expectations, bytes, twice, long_key, key_of(vec![]), engines_own, record, long_expectation];
    for change in all {
        let answer = answer(&*store, change).await;
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    }
    assert_eq!(store.scan(&everything(), 1).await, Ok(vec![]));
    assert!(store.get(&[Key::from_bytes(b"\0tally".to_vec())]).await.is_err());
}

async fn changes_at_the_limits_are_accepted(store: Arc<dyn Store>) {
    let longest = Key::from_bytes(vec![b'k'; Change::MAX_KEY_BYTES]);
    let mut change = Change::new();
    change.put(longest.clone(), long_record(60_000));
    for number in 1..Change::MAX_WRITES {
        change.put(key(&number.to_string()), long_record(1900));
        change.expect(key(&number.to_string()), None);
    }
    change.expect(longest.clone(), None);
    commit(&*store, change).await;
    assert_eq!(store.scan(&everything(), 200).await.unwrap().len(), Change::MAX_WRITES);
    let found = store.get(&[longest]).await.unwrap().pop().unwrap().unwrap();
    assert_eq!(found.record, long_record(60_000));
}
