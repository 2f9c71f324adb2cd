//! Opening: lock, repair, open, verify. Sled silently opens some damaged stores as smaller or empty
//! ones and panics over others, so nothing is served before it is verified. How much that is at start does
//! not depend on the size of the store.
//!
//! 1. The data folder must belong to our user. Lock it, or name the process that holds the lock.
//! 2. Create a store if there never was one, completely or not at all.
//! 3. Copy a small store and verify the copy: sled repairs what it opens, and a refused store should stay
//!    unchanged. After that, open and verify the store itself.
//! 4. Verification: remove what sled leaves behind when it is killed while opening, and open it. If
//!    sled cannot read its snapshots, open it once more without them. The slices must add up to the digest
//!    of the last commit, and the side file must belong to this store and must not count a commit that
//!    is not in it. The records of the first slices must match their digests; the other slices are
//!    verified later (`proof`).

use std::path::Path;

use super::beneath::{attempted, open_sled};
use super::creation::{Created, check_room, create, is_known};
use super::digest::weight;
use super::guard::Handle;
use super::lock::FolderLock;
use super::mark::Mark;
use super::place;
use super::proof::prove;
use super::refusal::OpenError;
use super::refusal::damaged;
use super::rehearsal::{Copied, Rehearsal};
use super::settings::{Accept, SledSettings};
use super::slices::{Cutter, Slices};
use super::tally::{FIRST_KEY, NoTally, TALLY_KEY, Tally, Written};
use super::upgrade::upgrade;

/// A verified store. The lock is the last field, so it is dropped last.
pub(super) struct Opened {
    pub(super) db: Handle,
    pub(super) tally: Tally,
    pub(super) slices: Slices,
    pub(super) lock: FolderLock,
}

/// Opens the store of a locked folder for use; creates one if there never was one and the settings allow it.
pub(super) fn open(lock: FolderLock, settings: &SledSettings) -> Result<Opened, OpenError> {
    let folder = lock.folder();
    let cache_bytes = settings.cache_bytes;
    if !is_known(folder) {
        let id = settings.new_store_id.ok_or_else(|| OpenError::NoStore { folder: folder.to_owned() })?;
        check_room(folder, settings.reserves.usual)?;
        let Created { db, tally, slices } = create(folder, cache_bytes, id)?;
        return Ok(Opened { db, tally, slices, lock });
    }
    let mark = Mark::read(folder);
    if let Err(refusal @ OpenError::NotReady { .. }) = mark {
        return Err(refusal);
    }
    let site =
        Site { folder, cache_bytes, mark, accept: Accept::No, verified_first: settings.verified_first };
    if let Some(copy) = site.rehearsal(Copied::Small)? {
        site.proven(copy.path())?;
    }
    let proven = site.proven(&place::store_folder(folder))?;
    let Proven { db, tally, slices, .. } = proven.upgraded(folder)?;
    // The side file is missing where an earlier version was interrupted while it created the store.
    if site.mark == Ok(None) {
        Mark::create(folder, tally)?;
    }
    Ok(Opened { db, tally, slices, lock })
}

/// A locked data folder and the content of its side file.
pub(super) struct Site<'a> {
    pub(super) folder: &'a Path,
    pub(super) cache_bytes: u64,
    pub(super) mark: Result<Option<Tally>, OpenError>,
    pub(super) accept: Accept,
    /// How many records are verified.
    pub(super) verified_first: u64,
}

/// An open store, and what it says about itself.
pub(super) struct Proven {
    pub(super) db: Handle,
    pub(super) tally: Tally,
    pub(super) slices: Slices,
    /// Whether the slices are in the store. If not, it was written by an older version.
    pub(super) is_sliced: bool,
}

impl Proven {
    /// The store in the current format.
    pub(super) fn upgraded(self, folder: &Path) -> Result<Self, OpenError> {
        if !self.is_sliced {
            upgrade(folder, &self.db, self.tally, &self.slices)?;
        }
        Ok(Self { is_sliced: true, ..self })
    }
}

impl Site<'_> {
    pub(super) fn rehearsal(&self, copied: Copied) -> Result<Option<Rehearsal>, OpenError> {
        // Without this file, sled would create an empty store here.
        if !place::db_file(&place::store_folder(self.folder)).exists() {
            return Err(OpenError::Gone { folder: self.folder.to_owned() });
        }
        Rehearsal::of(self.folder, copied)
    }

    /// Opens the store, or its copy, in `store`, and verifies that it is intact and the latest one.
    pub(super) fn proven(&self, store: &Path) -> Result<Proven, OpenError> {
        let folder = self.folder;
        let (db, is_replayed) =
            open_sled(store, self.cache_bytes).map_err(|trouble| trouble.refusal(folder))?;
        let Said { tally, mut slices, is_sliced } = digests(folder, &db)?;
        match (self.accept, &self.mark) {
            (Accept::Yes, _) => {}
            (Accept::No, Ok(None)) if tally.commits == 0 => {}
            (Accept::No, Ok(None)) => return Err(OpenError::MarkMissing { folder: folder.to_owned() }),
            (Accept::No, Ok(Some(mark))) => compare(folder, *mark, tally)?,
            (Accept::No, Err(refusal)) => return Err(refusal.clone()),
        }
        prove(folder, &db, &mut slices, self.verified_first, &mut |_| {})?;
        // Logged only now, so that a refusal is the only line, and only once, for the store itself.
        if is_replayed && *store == place::store_folder(folder) {
            tracing::warn!(store = %store.display(), "could not read the database's snapshots; replayed its log instead");
        }
        Ok(Proven { db, tally, slices, is_sliced })
    }
}

/// What a store says about itself.
struct Said {
    tally: Tally,
    slices: Slices,
    is_sliced: bool,
}

/// The tally and the slices of a store, which must add up to it.
fn digests(folder: &Path, db: &Handle) -> Result<Said, OpenError> {
    let read = || Ok((db.get(TALLY_KEY)?, db.range(FIRST_KEY..).next().transpose()?));
    let (tally, first_record) = attempted(read).map_err(|trouble| trouble.refusal(folder))?;
    let Written { tally, is_sliced } = match tally {
        Some(bytes) => Tally::from_bytes(&bytes).map_err(|no| match no {
            NoTally::Damaged => damaged(folder, "the record of the last commit is damaged"),
            NoTally::OtherFormat(format) => OpenError::OtherFormat {
                folder: folder.to_owned(),
                file: place::db_file(&place::store_folder(folder)),
                format,
            },
        })?,
        None if first_record.is_none() => return Err(OpenError::Gone { folder: folder.to_owned() }),
        None => return Err(damaged(folder, "the record of the last commit is missing")),
    };
    let slices = attempted(|| if is_sliced { Slices::read(db) } else { cut(db).map(Some) });
    let slices = slices.map_err(|trouble| trouble.refusal(folder))?;
    let Some(slices) = slices else { return Err(damaged(folder, "the digest of a part of it is damaged")) };
    let (found, expected) = (slices.total(), tally.digest);
    if found == expected {
        return Ok(Said { tally, slices, is_sliced });
    }
    if found.records == expected.records {
        return Err(damaged(folder, "the records do not match their digest"));
    }
    let Tally { commits, .. } = tally;
    Err(damaged(folder, format!("{} records, but commit {commits} left {}", found.records, expected.records)))
}

/// The slices of a store that an older version wrote.
fn cut(db: &Handle) -> sled::Result<Slices> {
    let mut cutter = Cutter::new();
    for entry in db.range(FIRST_KEY..) {
        let (key, stored) = entry?;
        cutter.add(&key, weight(&key, &stored));
    }
    Ok(cutter.slices())
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
