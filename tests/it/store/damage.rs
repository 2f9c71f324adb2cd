//! Damaged files: wherever the damage is, the store is served intact or refused in one line. Nothing
//! is lost silently, and nothing panics (REL-23).

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatepost::domain::ports::Store;
use gatepost::store::sled::SledStore;

use super::opening::copy;
use super::process::{Process, contents};
use super::{Seeded, key, open, put, value};

const DAMAGES: u64 = 60;

/// Fills a store with some history: overwritten and deleted values.
async fn history(store: &SledStore) -> u64 {
    for number in 0..400u64 {
        let mut change = put(&format!("{:03}", number % 150), u8::try_from(number % 256).unwrap());
        change.put(key("each"), value(u8::try_from(number % 251).unwrap()));
        change.delete(key(&format!("{:03}", (number * 7) % 150 + 200)));
        change.put(key(&format!("{:03}", (number * 7 + 1) % 150 + 200)), value(1));
        store.commit(change).await.unwrap();
    }
    contents(store).await.unwrap()
}

#[tokio::test]
async fn a_damaged_store_is_served_intact_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [home, cut, closed] = ["home", "cut", "closed"].map(|name| folder.path().join(name));
    fs::create_dir(&home).unwrap();
    // Opened twice, so that sled has written a snapshot.
    open(&home).close().await;
    let store = open(&home);
    let expected = format!("served {:016x}", history(&store).await);
    // One copy as a power cut would leave it, and one that was closed.
    copy(&home, &cut);
    store.close().await;
    copy(&home, &closed);
    let (mut served, mut refused) = (0, 0);
    for seed in 0..DAMAGES {
        let folder = tempfile::tempdir().unwrap();
        copy(if seed % 2 == 0 { &cut } else { &closed }, folder.path());
        let what = damage(folder.path(), &mut Seeded(seed));
        let before = bytes(folder.path());
        let mut process = Process::start("reads_everything", folder.path());
        let said = process.next().unwrap_or_else(|| panic!("seed {seed} ({what}): died without a word"));
        if said == expected {
            served += 1;
        } else {
            let is_refusal = said.starts_with("refused ./store") && said.contains("`gatepost store ");
            assert!(is_refusal && !said.contains("<line break>"), "seed {seed} ({what}): {said}");
            assert!(bytes(folder.path()) == before, "seed {seed} ({what}): the refusal changed the store");
            refused += 1;
        }
        assert!(process.ended_well(), "seed {seed} ({what})");
    }
    assert!(served > 0 && refused > 0, "{served} served, {refused} refused: the damage is not varied enough");
}

#[tokio::test]
async fn a_refused_store_is_unchanged_and_opens_once_its_bytes_are_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let expected = format!("served {:016x}", history(&store).await);
    store.close().await;
    drop(store);
    flip(folder.path());
    let before = bytes(folder.path());
    // The leftovers of an opening that was killed while copying.
    fs::create_dir(folder.path().join("store.proof")).unwrap();
    fs::write(folder.path().join("store.proof/db"), b"half a copy").unwrap();
    for _ in 0..2 {
        let said = Process::start("reads_everything", folder.path()).next().unwrap();
        assert!(said.starts_with("refused ./store/db: "), "{said}");
        assert!(bytes(folder.path()) == before);
        assert!(!folder.path().join("store.proof").exists());
    }
    flip(folder.path());
    assert_eq!(Process::start("reads_everything", folder.path()).next().unwrap(), expected);
    assert!(!folder.path().join("store.proof").exists());
}

#[tokio::test]
async fn a_refusal_is_the_only_line_on_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    history(&store).await;
    store.close().await;
    drop(store);
    // With its snapshot sled fails on this file; without the snapshot it opens an empty store.
    fs::write(folder.path().join("store/db"), b"").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    let output = command.args(["store", "verify", "--data"]).arg(folder.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.lines().count() == 1 && said.contains("missing or empty"), "{said}");
}

/// Inverts four bytes in the middle of the log; a second call repairs them.
fn flip(folder: &Path) {
    let file = fs::File::options().read(true).write(true).open(folder.join("store/db")).unwrap();
    let mut four = [0; 4];
    file.read_exact_at(&mut four, 8000).unwrap();
    file.write_all_at(&four.map(|byte| !byte), 8000).unwrap();
}

/// The bytes of every file of the store, side file included.
pub(super) fn bytes(folder: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    files(folder).into_iter().map(|path| (path.clone(), fs::read(path).ok())).collect()
}

/// Damages one place chosen by the seed, and describes it.
pub(crate) fn damage(folder: &Path, seeded: &mut Seeded) -> String {
    let files = files(folder);
    let path = &files[usize::try_from(seeded.below(files.len() as u64)).unwrap()];
    // This file has most of the bytes.
    let db = folder.join("store/db");
    let path = if seeded.below(4) > 0 { &db } else { path };
    let file = fs::File::options().read(true).write(true).open(path).unwrap();
    let len = file.metadata().unwrap().len().max(1);
    // Sled has written only the first part of the file so far.
    let end = if seeded.below(2) == 0 { len } else { len.min(40_000) };
    let place = seeded.below(end);
    let overwrite = |bytes: u64, with: &mut dyn FnMut(u8) -> u8| {
        let mut buffer = vec![0; usize::try_from(bytes.min(len - place)).unwrap()];
        let read = file.read_at(&mut buffer, place).unwrap();
        buffer[..read].iter_mut().for_each(|byte| *byte = with(*byte));
        file.write_all_at(&buffer[..read], place).unwrap();
    };
    let what = match seeded.below(6) {
        0 => {
            let bit = 1 << seeded.below(8);
            overwrite(1, &mut |byte| byte ^ bit);
            "one bit flipped"
        }
        1 => {
            overwrite(600, &mut |_| 0);
            "600 bytes emptied"
        }
        2 => {
            overwrite(4096, &mut |_| 0);
            "4 KiB emptied"
        }
        3 => {
            overwrite(64, &mut |_| u8::try_from(seeded.below(256)).unwrap());
            "64 bytes of noise"
        }
        4 => {
            file.set_len(place).unwrap();
            "cut off"
        }
        _ => {
            fs::remove_file(path).unwrap();
            "deleted"
        }
    };
    format!("{} at {place} of {len}: {what}", path.display())
}

pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![folder.join("store.mark")];
    for entry in fs::read_dir(folder.join("store")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    files
}
