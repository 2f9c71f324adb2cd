//! A large store is verified in slices: those that are read first, and the others in the background. Until a
//! part of it was verified, nothing in it is served.

use std::path::Path;

use gatepost::domain::ports::{Change, Class, Store, StoreError};
use gatepost::store::sled::{SledSettings, SledStore};
use tempfile::TempDir;

use super::opening::open_beneath;
use super::{Accept, Seeded, key, open, put, settings, value, verified, verify};

const RECORDS: u64 = 6000;

/// A closed store with enough records for several slices.
async fn large() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for first in (0..RECORDS).step_by(100) {
        let mut change = Change::new();
        (first..first + 100).for_each(|number| change.put(key(&format!("{number:05}")), value(1)));
        store.commit(change).await.unwrap();
    }
    store.close().await;
    folder
}

/// As the server opens a store that is too large to be verified first.
fn open_unverified(folder: &Path) -> SledStore {
    SledStore::open(folder, &SledSettings { verified_first: 0, ..settings() }).unwrap()
}

/// Alters a record without our knowing.
fn alter(folder: &Path, name: &str) {
    let db = open_beneath(folder);
    let mut stored = db.get(key(name).as_bytes()).unwrap().unwrap();
    stored[20] ^= 1;
    db.insert(key(name).as_bytes(), stored).unwrap();
    db.flush().unwrap();
}

#[tokio::test]
async fn a_damage_that_is_found_in_the_background_ends_the_store_with_the_refusal_of_a_start() {
    let folder = large().await;
    alter(folder.path(), "05000");
    let store = open_unverified(folder.path());
    let reason = store.failed().await;
    drop(store);
    let refusal = verify(folder.path(), Accept::No).unwrap_err().to_string();
    assert_eq!(reason, refusal);
    assert!(reason.contains("lost or altered") && reason.contains("t/0"), "{reason}");
}

#[tokio::test]
async fn a_lost_record_is_never_reported_as_not_found() {
    for read in [true, false] {
        let folder = large().await;
        let db = open_beneath(folder.path());
        db.remove(key("03000").as_bytes()).unwrap();
        db.flush().unwrap();
        drop(db);
        let store = open_unverified(folder.path());
        let answer = if read {
            store.get(&[key("03000")]).await.map(drop)
        } else {
            let mut change = Change::new();
            change.expect(key("03000"), None);
            change.put(key("03000"), value(2));
            store.commit(change).await.map(drop)
        };
        assert!(matches!(answer, Err(StoreError::Damaged(_))), "{answer:?}");
        assert!(store.failed().await.contains("lost or altered"));
        assert!(matches!(store.commit(put("new", 1)).await, Err(StoreError::Refused(_))));
    }
}

#[tokio::test]
async fn a_page_that_reaches_into_a_damaged_part_is_refused_as_a_whole() {
    let folder = large().await;
    alter(folder.path(), "02000");
    let store = open_unverified(folder.path());
    let page = store.scan(&super::everything(), usize::try_from(RECORDS).unwrap()).await;
    assert!(matches!(page, Err(StoreError::Damaged(_))));
}

#[tokio::test]
async fn the_parts_follow_a_store_that_grows_shrinks_and_is_written_at_random() {
    let folder = tempfile::tempdir().unwrap();
    let mut seeded = Seeded(12);
    // Grown by groups, thinned out, emptied at one end, and grown again.
    for (round, writes) in [(0, 90), (1, 30), (2, 90), (3, 1)] {
        let store = open_unverified(folder.path());
        for _ in 0..120 {
            let mut change = Change::of(Class::Grow);
            for number in (0..writes).map(|_| seeded.below(20_000)).collect::<std::collections::BTreeSet<_>>()
            {
                let key = key(&format!("{number:05}"));
                match (round, seeded.below(4)) {
                    (1, 0..=2) | (2, _) if number < 15_000 => change.delete(key),
                    (_, 0) => change.delete(key),
                    _ => change.put(key, value(2)),
                }
            }
            store.commit(change).await.unwrap();
        }
        let proof = verified(&store).await.unwrap();
        store.close().await;
        assert_eq!(verify(folder.path(), Accept::No), Ok(proof), "round {round}");
    }
    let db = open_beneath(folder.path());
    let slices = db.scan_prefix(b"\0slice/").count();
    let records = db.range([1u8].as_slice()..).count();
    assert!(slices <= 2 + records / 100, "{slices} slices for {records} records");
}

#[tokio::test]
async fn a_store_without_the_digest_of_a_part_is_refused() {
    let folder = large().await;
    let db = open_beneath(folder.path());
    let (slice, _) = db.scan_prefix(b"\0slice/").nth(2).unwrap().unwrap();
    db.remove(slice).unwrap();
    db.flush().unwrap();
    drop(db);
    assert!(super::opening::refusal(folder.path()).contains("lost or altered"));
}
