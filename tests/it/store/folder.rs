//! The folder of a store: whose it is, what is in it, and what room is left.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};

use gatepost::store::sled::{Accept, SledSettings, SledStore, verify};

use super::opening::{refusal, three_records};
use super::{get, settings};

#[test]
fn there_is_nothing_to_verify_in_an_empty_folder_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    for place in [folder.path(), &folder.path().join("not there")] {
        for accept in [Accept::No, Accept::Yes] {
            let line = verify(place, accept).unwrap_err().to_string();
            assert_eq!(line, format!("there is no store in {}", place.display()));
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn no_store_is_made_on_a_disk_without_room_but_one_that_is_there_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let full = SledSettings { reserve_bytes: u64::MAX, ..settings() };
    let line = SledStore::open(folder.path(), &full).unwrap_err().to_string();
    assert!(line.contains("MiB of free disk") && !line.contains('\n'), "{line}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let folder = three_records().await;
    let store = SledStore::open(folder.path(), &full).unwrap();
    assert_eq!(get(&store, "b").await.map(|(record, _)| record), Some(super::value(2)));
}

/// Only root can give a folder away, and only root runs into this.
#[tokio::test]
async fn a_folder_of_another_user_is_refused_and_nothing_is_made_in_it() {
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
        assert!(line.contains(name), "{line}");
        assert_eq!(verify(folder.path(), Accept::Yes).unwrap_err().to_string(), line);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the store");
    }
}

#[test]
fn a_folder_that_cannot_be_used_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let missing = SledStore::open(&folder.path().join("not there"), &settings()).unwrap_err().to_string();
    assert!(missing.contains("not there: No such file") && !missing.contains('\n'), "{missing}");
    let file = folder.path().join("store");
    fs::write(&file, b"not a folder").unwrap();
    refusal(folder.path());
}
