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

use std::cell::Cell;
use std::fs::{self, File};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;
use std::thread;
use std::time::Duration;

use sled::Db;

use super::mark::Mark;
use super::refusal::OpenError;
use super::rehearsal::Rehearsal;
use super::settings::{Accept, SledSettings};
use super::tally::{NoTally, StoreId, TALLY_KEY, Tally};
use super::writer::panic_text;
use super::{files, owner, place};

/// When this process closes a store, sled's own lock may be held slightly longer than ours.
const LOCK_TRIES: usize = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// A verified store. The lock is the last field, so it is dropped last.
pub(super) struct Opened {
    pub(super) db: Db,
    pub(super) tally: Tally,
    pub(super) lock: File,
}

/// Opens the store for use; creates one if there never was one.
pub(super) fn open(folder: &Path, cache_bytes: u64, settings: &SledSettings) -> Result<Opened, OpenError> {
    owner::check_owner(folder)?;
    if !place::is_known(folder) {
        check_room(folder, settings.reserve_bytes)?;
    }
    let lock = files::lock(folder)?;
    let mark = Mark::read(folder);
    let is_new = !place::store_folder(folder).exists() && mark == Ok(None);
    if is_new {
        create(folder, cache_bytes, settings.new_store_id)?;
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

/// Verifies the store and, if asked to, accepts it as the latest one.
pub(super) fn verify(folder: &Path, cache_bytes: u64, accept: Accept) -> Result<Tally, OpenError> {
    owner::check_owner(folder)?;
    if !place::is_known(folder) {
        return Err(OpenError::NoStore { folder: folder.to_owned() });
    }
    let _lock = files::lock(folder)?;
    let site = Site { folder, cache_bytes, mark: Mark::read(folder), accept };
    let copy = site.rehearsal()?;
    let store = place::store_folder(folder);
    let (_, tally) = site.proven(copy.as_ref().map_or(&store, Rehearsal::path))?;
    if accept == Accept::Yes {
        Mark::create(folder, tally)?;
    }
    Ok(tally)
}

/// On a disk without room, a new store would refuse every change, so none is created.
fn check_room(folder: &Path, reserve_bytes: u64) -> Result<(), OpenError> {
    let free = File::open(folder).and_then(|disk| files::free_bytes(&disk));
    let free = free.map_err(|error| OpenError::io(folder, folder, &error))?;
    if free >= reserve_bytes {
        return Ok(());
    }
    Err(OpenError::NoRoom { folder: folder.to_owned(), free: free >> 20, needed: reserve_bytes >> 20 })
}

fn create(folder: &Path, cache_bytes: u64, id: StoreId) -> Result<(), OpenError> {
    let nursery = place::nursery(folder);
    let refuse = |error| OpenError::io(folder, &nursery, &error);
    if nursery.exists() {
        fs::remove_dir_all(&nursery).map_err(refuse)?;
    }
    fs::create_dir(&nursery).map_err(refuse)?;
    let (db, _) = open_sled(&nursery, cache_bytes).map_err(|trouble| trouble.refusal(folder))?;
    let first = db.insert(TALLY_KEY, Tally::new(id).to_bytes().as_slice()).and_then(|_| db.flush());
    first.map_err(|error| Trouble::from(error).refusal(folder))?;
    drop(db);
    files::sync_store(&nursery).map_err(refuse)?;
    let store = place::store_folder(folder);
    fs::rename(&nursery, &store).and_then(|()| files::sync_folder(folder)).map_err(refuse)
}

/// A locked data folder and the content of its side file.
struct Site<'a> {
    folder: &'a Path,
    cache_bytes: u64,
    mark: Result<Option<Tally>, OpenError>,
    accept: Accept,
}

impl Site<'_> {
    fn rehearsal(&self) -> Result<Option<Rehearsal>, OpenError> {
        // Without this file, sled would create an empty store here.
        if !place::db_file(&place::store_folder(self.folder)).exists() {
            return Err(OpenError::Gone { folder: self.folder.to_owned() });
        }
        Rehearsal::of(self.folder)
    }

    /// Opens the store, or its copy, in `store`, and verifies that it is intact and the latest one.
    fn proven(&self, store: &Path) -> Result<(Db, Tally), OpenError> {
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

/// Opens the store in a folder. Returns whether that took a second attempt without snapshots.
fn open_sled(store: &Path, cache_bytes: u64) -> Result<(Db, bool), Trouble> {
    files::remove_unfinished_snapshots(store).map_err(Trouble::Io)?;
    // Sled's own flusher is off: the writer flushes, and concurrent flushes deadlock sled.
    let config = sled::Config::default().path(store).cache_capacity(cache_bytes).flush_every_ms(None);
    match unlocked(&config) {
        Err(Trouble::Broken(_)) if files::move_snapshots_aside(store).map_err(Trouble::Io)? => {
            Ok((unlocked(&config)?, true))
        }
        opened => Ok((opened?, false)),
    }
}

fn unlocked(config: &sled::Config) -> Result<Db, Trouble> {
    for _ in 1..LOCK_TRIES {
        match guarded(|| config.open()) {
            Err(Trouble::Locked) => thread::sleep(LOCK_PAUSE),
            opened => return opened,
        }
    }
    guarded(|| config.open())
}

/// Reads every record and compares their digest with that of the last commit.
fn prove(folder: &Path, db: &Db) -> Result<Tally, OpenError> {
    let (committed, found) = guarded(|| count(db)).map_err(|trouble| trouble.refusal(folder))?;
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

fn count(db: &Db) -> sled::Result<(Option<sled::IVec>, Tally)> {
    let mut committed = None;
    let mut found = Tally::new(StoreId::default());
    for entry in db.iter() {
        let (key, stored) = entry?;
        if key == TALLY_KEY { committed = Some(stored) } else { found.add(&key, &stored) }
    }
    Ok((committed, found))
}

fn compare(folder: &Path, mark: Tally, tally: Tally) -> Result<(), OpenError> {
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

/// Why sled cannot open or read a store.
enum Trouble {
    Locked,
    Io(std::io::Error),
    Broken(String),
}

impl From<sled::Error> for Trouble {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => Self::Locked,
            sled::Error::Io(error) => Self::Io(error),
            error => Self::Broken(error.to_string()),
        }
    }
}

impl Trouble {
    fn refusal(self, folder: &Path) -> OpenError {
        match self {
            Self::Locked => OpenError::Unreadable {
                folder: folder.to_owned(),
                reason: "another process has locked it".into(),
            },
            Self::Io(error) => OpenError::io(folder, &place::db_file(&place::store_folder(folder)), &error),
            // Sled's messages may have line breaks, but a refusal is one line.
            Self::Broken(reason) => OpenError::Unreadable {
                folder: folder.to_owned(),
                reason: reason.split_whitespace().collect::<Vec<_>>().join(" "),
            },
        }
    }
}

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Turns a panic of sled over damaged files into an error, and keeps its message off the terminal,
/// where the refusal should be the only line.
fn guarded<T>(act: impl FnOnce() -> sled::Result<T>) -> Result<T, Trouble> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_GUARDED.get() {
                report(info);
            }
        }));
    });
    IS_GUARDED.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(act));
    IS_GUARDED.set(false);
    match outcome {
        Ok(result) => result.map_err(Trouble::from),
        Err(payload) => Err(Trouble::Broken(panic_text(payload.as_ref()))),
    }
}
