//! A backup holds exactly the records of one moment, whatever is written meanwhile (REL-25).

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gatepost::domain::ports::{Change, Store};
use gatepost::domain::record::key::Key;
use gatepost::store::backup::{BackupError, Encoder, Header, Reader};
use gatepost::store::sled::{FolderLock, OpenError, SledSettings, SledStore};

use super::{Accept, Seeded, everything, get, key, open, put, settings, value, verify};

/// A backup of the store as it is now. Calls `meanwhile` after each page.
async fn backup(store: &SledStore, mut meanwhile: impl AsyncFnMut()) -> Vec<u8> {
    let mut copying = store.copy().unwrap();
    let header = Header::new(None, copying.commits(), copying.records());
    let (mut encoder, mut bytes) = Encoder::begin(&header);
    while let Some(page) = copying.next_page().unwrap() {
        for (key, kept) in &page {
            encoder.record(key, kept.bytes.as_ref(), &mut bytes);
        }
        meanwhile().await;
    }
    bytes.extend(encoder.end());
    bytes
}

fn records(backup: &[u8]) -> Result<Vec<(Key, Vec<u8>)>, BackupError> {
    let mut reader = Reader::new(Cursor::new(backup))?;
    let mut records = Vec::new();
    while let Some(record) = reader.next_record()? {
        records.push(record);
    }
    Ok(records)
}

/// The records of the store, as a backup has them.
async fn present(store: &SledStore) -> Vec<(Key, Vec<u8>)> {
    let page = store.scan(&everything(), usize::MAX).await.unwrap();
    let encode = |(key, reading): (Key, gatepost::domain::ports::Reading)| {
        let bytes = gatepost::store::codec::encode(&key, &reading.unwrap().record).unwrap();
        (key, bytes)
    };
    page.into_iter().map(encode).collect()
}

#[tokio::test]
async fn what_is_written_while_a_backup_is_made_is_not_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut seeded = Seeded(8);
    for number in 0..1500 {
        store.commit(put(&format!("{number:04}"), 1)).await.unwrap();
    }
    for round in 0..5 {
        let before = present(&store).await;
        let made = backup(&store, async || {
            for _ in 0..20 {
                let mut change = Change::new();
                change.put(key(&format!("{:04}", seeded.below(1500))), value(round));
                change.delete(key(&format!("{:04} more", seeded.below(1500))));
                change.put(key(&format!("{:04} other", seeded.below(1500))), value(round));
                store.commit(change).await.unwrap();
            }
        })
        .await;
        assert!(records(&made).unwrap() == before, "round {round}");
        assert!(present(&store).await != before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_has_everything_that_was_acknowledged_before_and_nothing_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    for number in 0..2000 {
        store.commit(put(&format!("n{number:04}"), 1)).await.unwrap();
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8u8)
        .map(|task| {
            let (store, is_over) = (store.clone(), is_over.clone());
            tokio::spawn(async move {
                let mut last = 0u8;
                while !is_over.load(Ordering::SeqCst) {
                    last = last.wrapping_add(1).max(1);
                    // The two keys are far apart, and always have the same number.
                    let mut change = put(&format!("a{task}"), last);
                    change.put(key(&format!("z{task}")), value(last));
                    store.commit(change).await.unwrap();
                }
            })
        })
        .collect();
    for _ in 0..20 {
        let acknowledged = get(&*store, "a3").await.map(|(_, version)| version.0);
        let mut copying = store.copy().unwrap();
        assert!(acknowledged.is_none_or(|version| version <= copying.commits()));
        let mut found = std::collections::BTreeMap::new();
        while let Some(page) = copying.next_page().unwrap() {
            found.extend(page);
            tokio::task::yield_now().await;
        }
        for task in 0..8 {
            let pair =
                ["a", "z"].map(|side| found.get(&key(&format!("{side}{task}"))).map(|kept| kept.version));
            assert_eq!(pair[0], pair[1], "half a commit");
        }
        assert!(found.values().all(|kept| kept.version.0 <= copying.commits()));
    }
    is_over.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test]
async fn a_store_is_filled_from_a_backup_in_one_piece() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for number in 0..1700 {
        store.commit(put(&format!("{number:04}"), u8::try_from(number % 200).unwrap())).await.unwrap();
    }
    let made = backup(&store, async || {}).await;
    let before = present(&store).await;
    let other = tempfile::tempdir().unwrap();
    let lock = FolderLock::take(other.path()).unwrap();
    let mut reader = Reader::new(Cursor::new(&made)).unwrap();
    SledStore::fill::<Box<dyn std::error::Error>>(&lock, [9; 16], || Ok(reader.next_record()?)).unwrap();
    drop(lock);
    assert_eq!(verify(other.path(), Accept::No).unwrap().records, 1700);
    let filled = SledStore::open(other.path(), &SledSettings { verified_first: 0, ..settings() }).unwrap();
    assert!(present(&filled).await == before);
    filled.commit(put("0150", 7)).await.unwrap();
    // One that fails on the way leaves nothing.
    let third = tempfile::tempdir().unwrap();
    let lock = FolderLock::take(third.path()).unwrap();
    let mut reader = Reader::new(Cursor::new(&made[..made.len() / 2])).unwrap();
    SledStore::fill::<Box<dyn std::error::Error>>(&lock, [9; 16], || Ok(reader.next_record()?)).unwrap_err();
    drop(lock);
    assert!(matches!(verify(third.path(), Accept::No), Err(OpenError::NoStore { .. })));
}

#[tokio::test]
async fn no_damage_to_a_backup_goes_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for number in 0..40 {
        store.commit(put(&format!("{number:02}"), number)).await.unwrap();
    }
    let made = backup(&store, async || {}).await;
    assert_eq!(records(&made).unwrap().len(), 40);
    for place in 0..made.len() {
        let mut damaged = made.clone();
        damaged[place] ^= 0x20;
        assert!(records(&damaged).is_err(), "byte {place} of {}", made.len());
        assert!(records(&made[..place]).is_err(), "cut off at {place}");
    }
    assert!(matches!(records(&[&made[..], b"x"].concat()), Err(BackupError::Damaged(_))));
    assert!(matches!(records(b"a text file\n"), Err(BackupError::NotABackup)));
    let newer = [b"gatepost backup 2\n".as_slice(), &made[18..]].concat();
    assert!(matches!(records(&newer), Err(BackupError::Newer(2))));
}
