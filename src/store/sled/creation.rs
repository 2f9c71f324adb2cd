//! Creating a store: completely or not at all.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::beneath::{Trouble, attempted, open_sled};
use super::guard::Handle;
use super::mark::Mark;
use super::refusal::OpenError;
use super::slices::{Cutter, Slices};
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

/// Creates an empty store in its place and leaves it open, since opening sled once more would take a good part of a first
/// start. The side file says that the store is incomplete until it is not: nothing else is
/// ever removed here.
pub(super) fn create(folder: &Path, cache_bytes: u64, id: StoreId) -> Result<Created, OpenError> {
    let store = place::store_folder(folder);
    let refuse = |error: io::Error| OpenError::io(folder, &store, &error);
    if Mark::is_begun(folder).map_err(refuse)? {
        remove_all(&store).map_err(refuse)?;
    } else {
        // It must be durable first. Otherwise the leftovers of a power cut would look like a damaged store.
        Mark::begin(folder)?;
    }
    fs::create_dir(&store).map_err(refuse)?;
    let in_trouble = |trouble: Trouble| trouble.refusal(folder);
    let (db, _) = open_sled(&store, cache_bytes).map_err(in_trouble)?;
    let (tally, mut slices) = (Tally::new(id), Cutter::new().slices());
    let batch = slices.batch(tally);
    attempted(|| db.apply_batch(batch).and_then(|()| db.flush())).map_err(in_trouble)?;
    files::sync_store(&store).and_then(|()| files::sync_folder(folder)).map_err(refuse)?;
    Mark::create(folder, tally)?;
    slices.note_verified(&[]);
    Ok(Created { db, tally, slices })
}

/// An empty store, open.
pub(super) struct Created {
    pub(super) db: Handle,
    pub(super) tally: Tally,
    pub(super) slices: Slices,
}

/// Whether the data folder `folder` has or had a store, intact or not. One whose creation was interrupted does not
/// count: nothing was saved in it. In doubt, there is a store.
#[must_use]
pub fn is_known(folder: &Path) -> bool {
    let is_there = |path| fs::exists(path).unwrap_or(true);
    let is_begun = Mark::is_begun(folder).unwrap_or(false);
    !is_begun && (is_there(place::mark(folder)) || is_there(place::store_folder(folder)))
}

/// Removes a folder with all that is in it, if it is there.
pub(super) fn remove_all(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
