//! Damage in a store with many slices, of which a start verifies none or all (REL-23). Wherever the damage is, and
//! whether it is first met by a read, by a commit or in the background: the store is served intact or refused in
//! one line, and `store verify` finds it (REL-24).

use std::fs;
use std::path::Path;

use gatepost::domain::ports::{Change, Committed, Store, StoreError};
use gatepost::store::sled::{SledSettings, SledStore};

use super::damage::{bytes, damage, files};
use super::opening::{copy, open_beneath};
use super::process::{Process, contents, say};
use super::{Accept, Seeded, get, key, open, settings, value, verified, verify};

/// A variable asks for more.
const DAMAGES: u64 = 100;
const RECORDS: u64 = 20_000;
/// A file that tells the process how to open the store and what to do first.
const PLAN: &str = "plan";

/// A store with a history, as an older copy, as a power cut would leave it, and closed.
async fn large(folder: &Path) -> String {
    let [home, older, cut, closed] = ["home", "older", "cut", "closed"].map(|name| folder.join(name));
    fs::create_dir(&home).unwrap();
    let store = open(&home);
    for first in (0..RECORDS).step_by(100) {
        let mut change = Change::new();
        (first..first + 100).for_each(|number| change.put(key(&format!("{number:05}")), value(1)));
        store.commit(change).await.unwrap();
        let mut change = Change::new();
        change.delete(key(&format!("{:05}", first / 2)));
        store.commit(change).await.unwrap();
        if first == RECORDS / 2 {
            copy(&home, &older);
        }
    }
    let expected = format!("served {:016x}", contents(&store).await.unwrap());
    copy(&home, &cut);
    store.close().await;
    copy(&home, &closed);
    expected
}

#[tokio::test]
async fn a_large_store_that_is_damaged_anywhere_is_served_intact_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let expected = large(folder.path()).await;
    let damages = crate::crash::number("DAMAGES").unwrap_or(DAMAGES);
    let (mut served, mut refused, mut later) = (0, 0, 0);
    for seed in 0..damages {
        let mut seeded = Seeded(seed);
        let place = tempfile::tempdir().unwrap();
        copy(&folder.path().join(if seed % 2 == 0 { "cut" } else { "closed" }), place.path());
        let what = match seed % 8 {
            3 => swap(place.path(), &folder.path().join("older"), &mut seeded),
            5 | 6 => alter(place.path(), &mut seeded),
            _ => damage(place.path(), &mut seeded),
        };
        let what = format!("seed {seed} ({what})");
        let before = bytes(place.path());
        fs::write(place.path().join(PLAN), seed.to_string()).unwrap();
        let mut process = Process::start_of("store::large_damage::uses_a_damaged_store", place.path());
        let said = process.next().unwrap_or_else(|| panic!("{what}: died without a word"));
        let is_line =
            said.contains("./store") && said.contains("`gatepost store ") && !said.contains("<line break>");
        match said.split(' ').next().unwrap() {
            "served" => {
                assert_eq!(said, expected, "{what}");
                served += 1;
            }
            "refused" => {
                assert!(is_line, "{what}: {said}");
                assert!(bytes(place.path()) == before, "{what}: the refusal changed the store");
                refused += 1;
            }
            "failed" => {
                assert!(is_line, "{what}: {said}");
                later += 1;
            }
            _ => panic!("{what}: {said}"),
        }
        assert!(process.ended_well(), "{what}");
    }
    println!("{damages} damages: {served} served intact, {refused} refused, {later} found while serving");
    let is_varied = served > 0 && refused > 0 && later > 0;
    assert!(is_varied, "{served} served, {refused} refused, {later} later: the damage is not varied enough");
}

/// Puts a file of an older copy in its place, or swaps two files.
fn swap(folder: &Path, older: &Path, seeded: &mut Seeded) -> String {
    let mut files = files(folder);
    if seeded.below(3) == 0 {
        let (one, other) = (files.remove(0), files.pop().unwrap());
        let aside = folder.join("aside");
        fs::rename(&one, &aside).unwrap();
        fs::rename(&other, &one).unwrap();
        fs::rename(&aside, &other).unwrap();
        return format!("{} swapped with {}", one.display(), other.display());
    }
    let old = ["store.mark", "store/db"][usize::try_from(seeded.below(2)).unwrap()];
    fs::copy(older.join(old), folder.join(old)).unwrap();
    format!("{old} of an older copy")
}

/// Alters or removes a record in a way that sled does not notice.
fn alter(folder: &Path, seeded: &mut Seeded) -> String {
    let name = format!("{:05}", RECORDS / 2 + seeded.below(RECORDS / 2));
    let db = open_beneath(folder);
    let mut stored = db.get(key(&name).as_bytes()).unwrap().unwrap();
    if seeded.below(2) == 0 {
        db.remove(key(&name).as_bytes()).unwrap();
    } else {
        stored[20] ^= 1;
        db.insert(key(&name).as_bytes(), stored).unwrap();
    }
    db.flush().unwrap();
    format!("record {name} altered")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of other tests"]
async fn uses_a_damaged_store() {
    let seed: u64 = fs::read_to_string(PLAN).unwrap().parse().unwrap();
    let here = Path::new(".");
    let verified_first = [0, settings().verified_first][usize::try_from(seed / 2 % 2).unwrap()];
    let said = match SledStore::open(here, &SledSettings { verified_first, ..settings() }) {
        Err(refusal) => {
            assert_eq!(verify(here, Accept::No).unwrap_err(), refusal);
            format!("refused {refusal}")
        }
        Ok(store) => match first_touch(&store, &mut Seeded(seed)).await {
            Ok(contents) => {
                store.close().await;
                assert!(verify(here, Accept::No).is_ok());
                format!("served {contents:016x}")
            }
            Err(error) => {
                assert!(matches!(error, StoreError::Damaged(_) | StoreError::Refused(_)), "{error:?}");
                let reason = store.failed().await;
                drop(store);
                let found = verify(here, Accept::No).unwrap_err().to_string();
                assert!(found.contains("`gatepost store "), "{found}");
                format!("failed {reason}")
            }
        },
    };
    say(&said.replace('\n', "<line break>"));
}

/// Meets the damage in one of the ways in which it can be met first, and then reads everything.
async fn first_touch(store: &SledStore, seeded: &mut Seeded) -> Result<u64, StoreError> {
    let number = RECORDS / 2 + seeded.below(RECORDS / 2);
    let name = format!("{number:05}");
    match seeded.below(3) {
        0 => {
            store.get(&[key(&name)]).await?;
            assert_eq!(get(store, &name).await.map(|(record, _)| record), Some(value(1)), "{name}");
        }
        1 => {
            let mut change = Change::new();
            change.expect(key(&name), None);
            change.put(key(&name), value(2));
            assert_eq!(store.commit(change).await?, Committed::Conflict, "{name} is there");
        }
        _ => {
            let found = verified(store).await;
            found.map_err(|refusal| StoreError::Damaged(refusal.to_string()))?;
        }
    }
    contents(store).await
}
