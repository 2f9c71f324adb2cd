//! Opening a folder: which stores are served, and which are refused in one line that helps.

use std::fs;
use std::path::Path;

use gatepost::domain::ports::{Change, Store};
use gatepost::domain::record::Record;
use gatepost::domain::record::key::Key;
use gatepost::store::sled::{OpenError, Proof, SledSettings, SledStore, UnreadableRecords};
use tempfile::TempDir;

use super::process::contents;
use super::{Accept, Seeded, get, open, put, settings, verify};

/// The line with which opening is refused. `verify` must report the same.
pub(super) fn refusal(folder: &Path) -> String {
    let refusal = SledStore::open(folder, &settings()).unwrap_err();
    assert_eq!(verify(folder, Accept::No).unwrap_err(), refusal);
    let line = refusal.to_string();
    assert!(!line.contains('\n') && line.starts_with(&folder.display().to_string()), "{line}");
    line
}

/// A closed store with three records, each from a commit of its own.
pub(super) async fn three_records() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for (number, name) in [(1, "a"), (2, "b"), (3, "c")] {
        store.commit(put(name, number)).await.unwrap();
    }
    store.close().await;
    folder
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

const INTACT: Result<Proof, OpenError> = Ok(proof(3));

/// The proof of a store where each commit wrote one record.
const fn proof(records: u64) -> Proof {
    let unreadable = UnreadableRecords { count: 0, first: None };
    Proof { records, commits: records, unreadable, restored: false }
}

#[tokio::test]
async fn committed_records_are_there_after_reopening_with_their_versions() {
    let folder = tempfile::tempdir().unwrap();
    let mut before = None;
    for _ in 0..3 {
        let store = open(folder.path());
        assert_eq!(get(&store, "a").await, before);
        let versions_so_far = before.map(|(_, version)| version);
        let mut change = Change::new();
        change.delete(super::key("a"));
        store.commit(change).await.unwrap();
        store.commit(put("a", 1)).await.unwrap();
        before = get(&store, "a").await;
        assert_ne!(before.as_ref().map(|(_, version)| *version), versions_so_far);
        // Closed explicitly and by being dropped, in turn.
        if versions_so_far.is_none() {
            store.close().await;
        }
    }
}

#[tokio::test]
async fn a_closed_store_unlocks_its_folder_and_refuses_everything() {
    let folder = three_records().await;
    let store = open(folder.path());
    store.close().await;
    assert!(store.writable().is_err());
    assert!(store.commit(put("a", 1)).await.is_err());
    assert!(store.get(&[super::key("a")]).await.is_err());
    store.close().await;
    assert_eq!(verify(folder.path(), Accept::No), INTACT);
}

#[tokio::test]
async fn an_open_store_is_not_opened_a_second_time() {
    let folder = three_records().await;
    let store = open(folder.path());
    let refusal = refusal(folder.path());
    assert!(refusal.contains(&format!("process {} ", std::process::id())), "{refusal}");
    drop(store);
    open(folder.path());
}

#[tokio::test]
async fn a_store_without_its_side_file_is_refused_until_it_is_accepted() {
    let folder = three_records().await;
    for (commits, damage) in (4..).zip([None, Some(b"".as_slice()), Some(b"gatepost"), Some(&[0; 68])]) {
        let mark = folder.path().join("store.mark");
        match damage {
            None => fs::remove_file(mark).unwrap(),
            Some(bytes) => fs::write(mark, bytes).unwrap(),
        }
        let refusal = refusal(folder.path());
        let command = format!("`gatepost store verify --accept --data {}`", folder.path().display());
        assert!(refusal.contains("store.mark") && refusal.contains(&command), "{refusal}");
        // It may be an older one, so the next start ends what that would bring back.
        assert_eq!(verify(folder.path(), Accept::Yes), Ok(Proof { commits, restored: true, ..proof(4) }));
        let accepted = Ok(Proof { commits, ..proof(4) });
        assert_eq!(verify(folder.path(), Accept::Yes), accepted, "nothing ends a second time");
        assert_eq!(get(&open(folder.path()), "b").await.map(|(record, _)| record), Some(super::value(2)));
    }
}

#[tokio::test]
async fn an_older_copy_of_the_store_is_refused_until_it_is_accepted() {
    let folder = three_records().await;
    let older = tempfile::tempdir().unwrap();
    copy(&folder.path().join("store"), older.path());
    let store = open(folder.path());
    store.commit(put("d", 4)).await.unwrap();
    drop(store);
    fs::remove_dir_all(folder.path().join("store")).unwrap();
    copy(older.path(), &folder.path().join("store"));
    let refusal = refusal(folder.path());
    assert!(refusal.contains("older than it should be (commit 3 of 4)"), "{refusal}");
    // The record that says so is one more, so that the next start ends what the older store brings back.
    assert_eq!(verify(folder.path(), Accept::Yes), Ok(Proof { restored: true, ..proof(4) }));
    assert_eq!(verify(folder.path(), Accept::No), Ok(proof(4)));
    let store = open(folder.path());
    let found = store.get(&[Key::restored()]).await.unwrap().pop().unwrap();
    assert_eq!(found.map(|found| found.record), Some(Record::Restored));
}

#[tokio::test]
async fn a_missing_or_empty_store_is_refused_and_never_recreated() {
    type Damage = fn(&Path);
    let damages: [Damage; 4] = [
        |store| fs::remove_dir_all(store).unwrap(),
        |store| fs::remove_file(store.join("db")).unwrap(),
        |store| fs::write(store.join("db"), b"").unwrap(),
        |store| {
            fs::remove_dir_all(store).unwrap();
            replace_with_an_empty_store(store);
        },
    ];
    for damage in damages {
        let folder = three_records().await;
        damage(&folder.path().join("store"));
        let line = refusal(folder.path());
        let command = format!("`gatepost store restore FILE --data {}`", folder.path().display());
        assert!(line.contains(&command), "{line}");
        // There is nothing to accept, and the next attempt is refused too.
        assert!(verify(folder.path(), Accept::Yes).is_err());
        refusal(folder.path());
    }
}

fn replace_with_an_empty_store(store: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    drop(open(path));
    fs::write(path.join("store/db"), b"").unwrap();
    copy(&path.join("store"), store);
}

#[tokio::test]
async fn a_different_store_is_refused_until_it_is_accepted() {
    let folder = three_records().await;
    let other = tempfile::tempdir().unwrap();
    let store =
        SledStore::open(other.path(), &SledSettings { new_store_id: Some([8; 16]), ..settings() }).unwrap();
    for name in ["a", "b", "c", "d"] {
        store.commit(put(name, 9)).await.unwrap();
    }
    drop(store);
    fs::remove_dir_all(folder.path().join("store")).unwrap();
    copy(&other.path().join("store"), &folder.path().join("store"));
    let refusal = refusal(folder.path());
    assert!(refusal.contains("this is not the database that"), "{refusal}");
    assert_eq!(verify(folder.path(), Accept::Yes), Ok(Proof { restored: true, ..proof(5) }));
    open(folder.path());
}

#[tokio::test]
async fn a_store_with_as_many_commits_but_other_records_is_refused_as_a_different_one() {
    let folder = three_records().await;
    let fork = tempfile::tempdir().unwrap();
    copy(folder.path(), fork.path());
    for (place, number) in [(folder.path(), 4), (fork.path(), 5)] {
        open(place).commit(put("d", number)).await.unwrap();
    }
    fs::remove_dir_all(folder.path().join("store")).unwrap();
    copy(&fork.path().join("store"), &folder.path().join("store"));
    assert!(refusal(folder.path()).contains("this is not the database that"));
}

#[tokio::test]
async fn altered_records_are_refused_and_never_accepted() {
    type Damage = fn(&sled::Db) -> sled::Result<Option<sled::IVec>>;
    let damages: [Damage; 7] = [
        |db| db.remove("t/b"),
        |db| db.insert("t/d", db.get("t/c")?.unwrap()),
        |db| db.insert("t/a", db.get("t/b")?.unwrap()),
        |db| {
            let mut value = db.get("t/b")?.unwrap();
            value[20] ^= 1;
            db.insert("t/b", value)
        },
        // Two values swapped: the set of keys and the set of values stay the same.
        |db| {
            let first = db.insert("t/a", db.get("t/b")?.unwrap())?;
            db.insert("t/b", first.unwrap())
        },
        |db| db.remove("\0tally"),
        |db| db.insert("\0tally", &[1; 68][..]),
    ];
    for damage in damages {
        let folder = three_records().await;
        let db = open_beneath(folder.path());
        damage(&db).unwrap().unwrap_or_default();
        db.flush().unwrap();
        drop(db);
        assert!(refusal(folder.path()).contains("lost or altered"));
        assert!(verify(folder.path(), Accept::Yes).is_err());
    }
}

#[tokio::test]
async fn leftovers_of_a_killed_opening_are_repaired() {
    let folder = three_records().await;
    let store = folder.path().join("store");
    fs::write(store.join("snap.00000000DEADBEEF.generating"), b"half a snapshot").unwrap();
    assert_eq!(verify(folder.path(), Accept::No), INTACT);
    assert!(store.join("snap.00000000DEADBEEF.generating").exists(), "verifying changes nothing");
    drop(open(folder.path()));
    assert!(!store.join("snap.00000000DEADBEEF.generating").exists());
    // The snapshots are unreadable, but the log is enough to restore everything.
    let before = contents(&open(folder.path())).await;
    for entry in fs::read_dir(&store).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("/snap.") {
            fs::write(path, Seeded(3).next().to_be_bytes().repeat(10)).unwrap();
        }
    }
    assert_eq!(verify(folder.path(), Accept::No), INTACT);
    assert_eq!(contents(&open(folder.path())).await, before);
}

/// Opens sled directly, without our checks. A process that another test is starting may hold sled's
/// lock for the moment between its fork and its exec.
pub(crate) fn open_beneath(folder: &Path) -> sled::Db {
    loop {
        match sled::open(folder.join("store")) {
            Ok(db) => return db,
            Err(error) if error.to_string().contains("could not acquire lock") => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}
