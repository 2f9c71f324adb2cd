//! Creating a store: completely or not at all.

use std::fs::{self, File};
use std::path::Path;

use super::beneath::{Trouble, open_sled};
use super::refusal::OpenError;
use super::slices::Slices;
use super::tally::{StoreId, Tally};
use super::{files, place};

/// On a disk without room, a new store would refuse every change, so none is created.
pub(super) fn check_room(folder: &Path, reserve_bytes: u64) -> Result<(), OpenError> {
    let free = File::open(folder).and_then(|disk| files::free_bytes(&disk));
    let free = free.map_err(|error| OpenError::io(folder, folder, &error))?;
    if free >= reserve_bytes {
        return Ok(());
    }
    Err(OpenError::NoRoom { folder: folder.to_owned(), free: free >> 20, needed: reserve_bytes >> 20 })
}

pub(super) fn create(folder: &Path, cache_bytes: u64, id: StoreId) -> Result<(), OpenError> {
    let nursery = place::nursery(folder);
    let refuse = |error| OpenError::io(folder, &nursery, &error);
    if nursery.exists() {
        fs::remove_dir_all(&nursery).map_err(refuse)?;
    }
    fs::create_dir(&nursery).map_err(refuse)?;
    let (db, _) = open_sled(&nursery, cache_bytes).map_err(|trouble| trouble.refusal(folder))?;
    let first = db.apply_batch(Slices::new().batch(Tally::new(id))).and_then(|()| db.flush());
    first.map_err(|error| Trouble::from(error).refusal(folder))?;
    drop(db);
    files::sync_store(&nursery).map_err(refuse)?;
    let store = place::store_folder(folder);
    fs::rename(&nursery, &store).and_then(|()| files::sync_folder(folder)).map_err(refuse)
}
