//! Verifying a store while it is in use, and records that this version cannot read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gatepost::domain::ports::{Change, Class, Store};
use gatepost::store::{CodedChange, Engine};

use super::{Accept, Seeded, get, key, open, put, value, verified, verify};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_verified_while_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    for number in 0..1200 {
        store.commit(put(&format!("{number:04}"), 1)).await.unwrap();
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (store, is_over) = (store.clone(), is_over.clone());
        async move {
            let mut seeded = Seeded(4);
            while !is_over.load(Ordering::SeqCst) {
                // Some keys are overwritten, some deleted, and some new, everywhere in the store.
                let mut change = Change::new();
                change.put(key(&format!("{:04}", seeded.below(1200))), value(2));
                change.delete(key(&format!("{:04} more", seeded.below(1200))));
                change.put(key(&format!("{:04} more", seeded.below(1200))), value(3));
                if change.writes[1].0 != change.writes[2].0 {
                    store.commit(change).await.unwrap();
                }
            }
        }
    });
    let mut commits = 0;
    while commits < 1400 {
        let (one, other) = tokio::join!(verified(&store), verified(&store));
        commits = one.unwrap().commits.max(other.unwrap().commits);
    }
    is_over.store(true, Ordering::SeqCst);
    writer.await.unwrap();
    let proof = verified(&store).await.unwrap();
    store.close().await;
    assert_eq!(verify(folder.path(), Accept::No), Ok(proof));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_no_damage_of_the_store_but_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.commit(put("a", 1)).await.unwrap();
    for name in ["b", "c"] {
        let writes = vec![(key(name), Some(vec![200, 1, 2]))];
        store.write(CodedChange { class: Class::Grow, expectations: vec![], writes }).await.unwrap();
    }
    let beside = verified(&store).await.unwrap();
    store.close().await;
    let alone = verify(folder.path(), Accept::No).unwrap();
    assert_eq!(alone, beside);
    assert_eq!((alone.records, alone.unreadable.count), (3, 2));
    let first = alone.unreadable.first.unwrap();
    assert_eq!(first, "the record under t/b has a format that this version can't read");
    assert_eq!(get(&open(folder.path()), "a").await.map(|(record, _)| record), Some(value(1)));
}
