//! Opening: lock, repair, open, verify. Sled silently opens some damaged stores as smaller or empty
//! ones and panics over others, so nothing is served before the store is verified.
//!
//! 1. The data folder must belong to our user. Lock it, or name the process that holds the lock.
//! 2. Create a store if there never was one, completely or not at all.
//! 3. Copy the store and verify the copy: sled repairs what it opens, and a refused store must stay
//!    unchanged. After that, or if there is no room for a copy, open and verify the store itself.
//! 4. Verification: remove what sled leaves behind when it is killed while opening, and open it. If
//!    sled cannot read its snapshots, open it once more without them. Read every record: together
//!    they must match the digest of the last commit. The side file must belong to this store and
//!    must not count a commit that is not in it.

use std::path::Path;

use super::beneath::{attempted, open_sled};
use super::creation::{check_room, create};
use super::guard::Handle;
use super::lock::FolderLock;
use super::mark::Mark;
use super::place;
use super::refusal::OpenError;
use super::rehearsal::Rehearsal;
use super::settings::{Accept, SledSettings};
use super::tally::{NoTally, StoreId, TALLY_KEY, Tally};

/// A verified store. The lock is the last field, so it is dropped last.
pub(super) struct Opened {
    pub(super) db: Handle,
    pub(super) tally: Tally,
    pub(super) lock: FolderLock,
}

/// Opens the store of a locked folder for use; creates one if there never was one and the settings allow it.
pub(super) fn open(lock: FolderLock, cache_bytes: u64, settings: &SledSettings) -> Result<Opened, OpenError> {
    let folder = lock.folder();
    let mark = Mark::read(folder);
    let is_new = !place::store_folder(folder).exists() && mark == Ok(None);
    if is_new {
        let id = settings.new_store_id.ok_or_else(|| OpenError::NoStore { folder: folder.to_owned() })?;
        check_room(folder, settings.reserve_bytes)?;
        create(folder, cache_bytes, id)?;
    }
    let site = Site { folder, cache_bytes, mark, accept: Accept::No };
    // A store that was just created has nothing to lose, so no copy of it is verified first.
    let copy = if is_new { None } else { site.rehearsal()? };
    if let Some(copy) = copy {
        site.proven(copy.path())?;
    }
    let (db, tally) = site.proven(&place::store_folder(folder))?;
    // The side file is missing for a new store, and for one whose creation was interrupted.
    if site.mark == Ok(None) {
        Mark::create(folder, tally)?;
    }
    Ok(Opened { db, tally, lock })
}

/// A locked data folder and the content of its side file.
pub(super) struct Site<'a> {
    pub(super) folder: &'a Path,
    pub(super) cache_bytes: u64,
    pub(super) mark: Result<Option<Tally>, OpenError>,
    pub(super) accept: Accept,
}

impl Site<'_> {
    pub(super) fn rehearsal(&self) -> Result<Option<Rehearsal>, OpenError> {
        // Without this file, sled would create an empty store here.
        if !place::db_file(&place::store_folder(self.folder)).exists() {
            return Err(OpenError::Gone { folder: self.folder.to_owned() });
        }
        Rehearsal::of(self.folder)
    }

    /// Opens the store, or its copy, in `store`, and verifies that it is intact and the latest one.
    pub(super) fn proven(&self, store: &Path) -> Result<(Handle, Tally), OpenError> {
        let folder = self.folder;
        let (db, is_replayed) =
            open_sled(store, self.cache_bytes).map_err(|trouble| trouble.refusal(folder))?;
        let tally = prove(folder, &db)?;
        match (self.accept, &self.mark) {
            (Accept::Yes, _) => {}
            (Accept::No, Ok(None)) if tally.commits == 0 => {}
            (Accept::No, Ok(None)) => return Err(OpenError::MarkMissing { folder: folder.to_owned() }),
            (Accept::No, Ok(Some(mark))) => compare(folder, *mark, tally)?,
            (Accept::No, Err(refusal)) => return Err(refusal.clone()),
        }
        // Logged only now, so that a refusal is the only line, and only once, for the store itself.
        if is_replayed && *store == place::store_folder(folder) {
            tracing::warn!(store = %store.display(), "could not read the database's snapshots; replayed its log instead");
        }
        Ok((db, tally))
    }
}

/// Reads every record and compares their digest with that of the last commit.
fn prove(folder: &Path, db: &Handle) -> Result<Tally, OpenError> {
    let (committed, found) = attempted(|| count(db)).map_err(|trouble| trouble.refusal(folder))?;
    let damaged = |reason: &str| OpenError::Damaged { folder: folder.to_owned(), reason: reason.into() };
    let committed = match committed {
        Some(bytes) => Tally::from_bytes(&bytes).map_err(|no| match no {
            NoTally::Damaged => damaged("the record of the last commit is damaged"),
            NoTally::OtherFormat(format) => OpenError::OtherFormat {
                folder: folder.to_owned(),
                file: place::db_file(&place::store_folder(folder)),
                format,
            },
        })?,
        None if found.records == 0 => return Err(OpenError::Gone { folder: folder.to_owned() }),
        None => return Err(damaged("the record of the last commit is missing")),
    };
    if (committed.records, committed.digest) == (found.records, found.digest) {
        return Ok(committed);
    }
    let Tally { records, commits, .. } = committed;
    if found.records == records {
        return Err(damaged("the records do not match their digest"));
    }
    Err(damaged(&format!("{} records, but commit {commits} left {records}", found.records)))
}

fn count(db: &Handle) -> sled::Result<(Option<sled::IVec>, Tally)> {
    let mut committed = None;
    let mut found = Tally::new(StoreId::default());
    for entry in db.iter() {
        let (key, stored) = entry?;
        if key == TALLY_KEY { committed = Some(stored) } else { found.add(&key, &stored) }
    }
    Ok((committed, found))
}

pub(super) fn compare(folder: &Path, mark: Tally, tally: Tally) -> Result<(), OpenError> {
    let folder = folder.to_owned();
    if mark.commits > tally.commits && mark.id == tally.id {
        return Err(OpenError::Older { folder, found: tally.commits, acknowledged: mark.commits });
    }
    if mark.id != tally.id || (mark.commits == tally.commits && mark != tally) {
        return Err(OpenError::Foreign { folder });
    }
    if mark != tally {
        tracing::info!(
            commits = tally.commits,
            marked = mark.commits,
            "the last run did not close the database; it is intact, and only unacknowledged changes were dropped"
        );
    }
    Ok(())
}
