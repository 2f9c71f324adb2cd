//! The data folder: its owner, its files, and its free space.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};

use gatepost::store::sled::{SledSettings, SledStore};

use super::opening::{refusal, three_records};
use super::{ALL, Accept, get, settings, verify};

#[test]
fn verifying_an_empty_folder_is_refused_and_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for place in [folder.path(), &folder.path().join("not there")] {
        for accept in [Accept::No, Accept::Yes] {
            let line = verify(place, accept).unwrap_err().to_string();
            let expected = "no database found; check data_dir or --data";
            assert_eq!(line, format!("{}: {expected}", place.display()));
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_full_disk_gets_no_new_store_but_an_existing_one_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let full = SledSettings { reserves: ALL, ..settings() };
    let line = SledStore::open(folder.path(), &full).unwrap_err().to_string();
    assert!(line.contains("MiB of free disk space") && !line.contains('\n'), "{line}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let folder = three_records().await;
    let store = SledStore::open(folder.path(), &full).unwrap();
    assert_eq!(get(&store, "b").await.map(|(record, _)| record), Some(super::value(2)));
}

/// Only root can give a folder to another user, and only root could write to it then.
#[tokio::test]
async fn a_folder_of_another_user_is_refused_and_nothing_is_created_in_it() {
    let folder = three_records().await;
    if fs::metadata(folder.path()).unwrap().uid() != 0 {
        return;
    }
    for file in ["lock", "store.mark"] {
        fs::remove_file(folder.path().join(file)).unwrap();
    }
    for (user, name) in [(65534, "sudo -u nobody gatepost"), (54_321, "sudo -u '#54321' gatepost")] {
        chown(folder.path(), Some(user), None).unwrap();
        let line = refusal(folder.path());
        assert!(line.contains("this data folder belongs to user") && line.contains(name), "{line}");
        assert_eq!(verify(folder.path(), Accept::Yes).unwrap_err().to_string(), line);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the store");
    }
}

#[test]
fn an_unusable_folder_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let missing = SledStore::open(&folder.path().join("not there"), &settings()).unwrap_err().to_string();
    assert!(missing.contains("not there: No such file") && !missing.contains('\n'), "{missing}");
    let file = folder.path().join("store");
    fs::write(&file, b"not a folder").unwrap();
    refusal(folder.path());
}

#[tokio::test]
async fn only_a_store_whose_creation_was_interrupted_is_created_again() {
    let folder = three_records().await;
    let mark = folder.path().join("store.mark");
    let complete = fs::read(&mark).unwrap();
    for damaged in [&complete[..60], b""] {
        fs::write(&mark, damaged).unwrap();
        assert!(refusal(folder.path()).contains("store.mark: this file is damaged"));
    }
    fs::remove_file(&mark).unwrap();
    assert!(refusal(folder.path()).contains("store.mark"), "it may have been complete once");
    // As it is until a new store is complete.
    fs::write(&mark, "this database is being created\n").unwrap();
    assert_eq!(get(&SledStore::open(folder.path(), &settings()).unwrap(), "b").await, None);
}
