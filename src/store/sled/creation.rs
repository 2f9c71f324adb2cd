//! Creating a store: completely or not at all.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use sled::Batch;

use super::beneath::{Trouble, attempted, open_sled};
use super::digest::weight;
use super::mark::Mark;
use super::refusal::OpenError;
use super::slices::Cutter;
use super::slot::Stored;
use super::tally::{StoreId, Tally};
use super::{files, place};
use crate::domain::record::key::Key;

/// On a disk without room, a new store would refuse every change, so none is created.
pub(super) fn check_room(folder: &Path, reserve_bytes: u64) -> Result<(), OpenError> {
    let free = File::open(folder).and_then(|disk| files::free_bytes(&disk));
    let free = free.map_err(|error| OpenError::io(folder, folder, &error))?;
    if free >= reserve_bytes {
        return Ok(());
    }
    Err(OpenError::NoRoom { folder: folder.to_owned(), free: free >> 20, needed: reserve_bytes >> 20 })
}

/// How many records are written at once when a store is filled. More would make the next flush very slow.
const PAGE: usize = 1000;

/// Creates an empty store.
pub(super) fn create(folder: &Path, cache_bytes: u64, id: StoreId) -> Result<(), OpenError> {
    fill(folder, cache_bytes, id, || Ok(None))
}

/// Creates a store with all records that `next` returns, in the order of their keys.
pub(super) fn fill<E: From<OpenError>>(
    folder: &Path,
    cache_bytes: u64,
    id: StoreId,
    mut next: impl FnMut() -> Result<Option<(Key, Vec<u8>)>, E>,
) -> Result<(), E> {
    let nursery = place::nursery(folder);
    let refuse = |error: io::Error| E::from(OpenError::io(folder, &nursery, &error));
    if nursery.exists() {
        fs::remove_dir_all(&nursery).map_err(refuse)?;
    }
    fs::create_dir(&nursery).map_err(refuse)?;
    let in_trouble = |trouble: Trouble| trouble.refusal(folder);
    let (db, _) = open_sled(&nursery, cache_bytes).map_err(in_trouble)?;
    let mut tally = Tally::new(id);
    let mut slices = Cutter::new();
    let mut is_over = false;
    while !is_over {
        let mut batch = Batch::default();
        for _ in 0..PAGE {
            let Some((key, bytes)) = next()? else {
                is_over = true;
                break;
            };
            // All of it is one commit.
            tally.commits = 1;
            let stored = Stored::new(tally.commits, &bytes);
            slices.add(key.as_bytes(), weight(key.as_bytes(), stored.whole()));
            batch.insert(key.as_bytes(), stored.whole().clone());
        }
        tally.digest = slices.total();
        attempted(|| db.apply_batch(batch).and_then(|()| db.flush())).map_err(in_trouble)?;
    }
    let digests = slices.slices().batch(tally);
    attempted(|| db.apply_batch(digests).and_then(|()| db.flush())).map_err(in_trouble)?;
    drop(db);
    files::sync_store(&nursery).map_err(refuse)?;
    let store = place::store_folder(folder);
    fs::rename(&nursery, &store).and_then(|()| files::sync_folder(folder)).map_err(refuse)?;
    // An empty store gets its side file when it is opened.
    if tally.commits > 0 { Ok(Mark::create(folder, tally)?) } else { Ok(()) }
}
