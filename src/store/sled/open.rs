//! Opening: lock, repair, open, prove. Sled opens some damaged stores as smaller or empty ones
//! without a word, and panics over others; nothing is served before the store is proven whole.
//!
//! 1. The data folder must be ours; take it, or say who has it.
//! 2. Make a new store if there never was one, whole or not at all.
//! 3. Copy the store and prove the copy: sled repairs what it opens, and a refused store must stay
//!    as it was. After that, or if there is no room for a copy, open the store itself and prove it.
//! 4. A proof: remove what sled leaves behind when it is killed while opening, and open it; if it
//!    cannot read its snapshots, once more without them. Read every record: they must be those that
//!    the digest of the last commit was taken over. The side file must speak of this very store,
//!    and of no commit that is not in it.

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
use super::tally::{NoTally, StoreId, TALLY_KEY, Tally};
use super::{Accept, SledSettings, files, owner};

/// A closed store of this process may hold sled's own lock for a moment longer than ours.
const LOCK_TRIES: usize = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// A proven store. The lock is let go last.
pub(super) struct Opened {
    pub(super) db: Db,
    pub(super) tally: Tally,
    pub(super) lock: File,
}

/// Opens the store to be used, a new one if there never was one.
pub(super) fn open(folder: &Path, cache_bytes: u64, settings: &SledSettings) -> Result<Opened, OpenError> {
    owner::is_us(folder)?;
    if !super::is_known(folder) {
        check_room(folder, settings.reserve_bytes)?;
    }
    let lock = files::lock(folder)?;
    let mark = Mark::read(folder);
    let is_new = !files::store_folder(folder).exists() && mark == Ok(None);
    if is_new {
        create(folder, cache_bytes, settings.new_store_id)?;
    }
    let site = Site { folder, cache_bytes, mark, accept: Accept::No };
    // What was made just now needs no copy to be proven first: there is nothing in it to lose.
    let copy = if is_new { None } else { site.rehearsal()? };
    if let Some(copy) = copy {
        site.proven(copy.path())?;
    }
    let (db, tally) = site.proven(&files::store_folder(folder))?;
    // The process was killed between the two steps of the creation.
    if site.mark == Ok(None) {
        Mark::create(folder, tally)?;
    }
    Ok(Opened { db, tally, lock })
}

/// Proves the store, and takes it as it is if that is wished.
pub(super) fn verify(folder: &Path, cache_bytes: u64, accept: Accept) -> Result<Tally, OpenError> {
    if folder.exists() {
        owner::is_us(folder)?;
    }
    if !super::is_known(folder) {
        return Err(OpenError::NoStore { folder: folder.to_owned() });
    }
    let _lock = files::lock(folder)?;
    let site = Site { folder, cache_bytes, mark: Mark::read(folder), accept };
    let copy = site.rehearsal()?;
    let store = files::store_folder(folder);
    let (_, tally) = site.proven(copy.as_ref().map_or(&store, Rehearsal::path))?;
    if accept == Accept::Yes {
        Mark::create(folder, tally)?;
    }
    Ok(tally)
}

/// On a disk without room a new store would take nothing: none is made.
fn check_room(folder: &Path, reserve_bytes: u64) -> Result<(), OpenError> {
    let free = File::open(folder).and_then(|disk| files::free_bytes(&disk));
    let free = free.map_err(|error| OpenError::io(folder, folder, &error))?;
    if free >= reserve_bytes {
        return Ok(());
    }
    Err(OpenError::NoRoom { folder: folder.to_owned(), free: free >> 20, needed: reserve_bytes >> 20 })
}

fn create(folder: &Path, cache_bytes: u64, id: StoreId) -> Result<(), OpenError> {
    let nursery = files::nursery(folder);
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
    let store = files::store_folder(folder);
    fs::rename(&nursery, &store).and_then(|()| files::sync_folder(folder)).map_err(refuse)
}

/// A data folder that is locked, and what its side file says.
struct Site<'a> {
    folder: &'a Path,
    cache_bytes: u64,
    mark: Result<Option<Tally>, OpenError>,
    accept: Accept,
}

impl Site<'_> {
    fn rehearsal(&self) -> Result<Option<Rehearsal>, OpenError> {
        // Without this file sled would make an empty store here.
        if !files::db_file(&files::store_folder(self.folder)).exists() {
            return Err(OpenError::Gone { folder: self.folder.to_owned() });
        }
        Rehearsal::of(self.folder)
    }

    /// Opens the store, or its copy, in `store`; it is whole and the one that was left.
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
        // Only now, so that a refusal stands alone, and only of the store itself.
        if is_replayed && *store == files::store_folder(folder) {
            tracing::warn!(store = %store.display(), "sled's snapshots were unreadable; it replayed its log");
        }
        Ok((db, tally))
    }
}

/// Opens what is in a folder; says whether it took a second try without snapshots.
fn open_sled(store: &Path, cache_bytes: u64) -> Result<(Db, bool), Trouble> {
    files::remove_unfinished_snapshots(store).map_err(Trouble::Io)?;
    // Sled's own flusher is off: the writer flushes, and two flushes at once lock sled up.
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

/// Reads every record and compares their digest with the one that was committed with the last.
fn prove(folder: &Path, db: &Db) -> Result<Tally, OpenError> {
    let (committed, found) = guarded(|| count(db)).map_err(|trouble| trouble.refusal(folder))?;
    let damaged = |reason: &str| OpenError::Damaged { folder: folder.to_owned(), reason: reason.into() };
    let committed = match committed {
        Some(bytes) => Tally::from_bytes(&bytes).map_err(|no| match no {
            NoTally::Damaged => damaged("the record of the last commit is damaged"),
            NoTally::OtherFormat(format) => OpenError::OtherFormat {
                folder: folder.to_owned(),
                file: files::db_file(&files::store_folder(folder)),
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
    let reason = format!("{} records where commit {commits} left {records}, or other ones", found.records);
    Err(damaged(&reason))
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
        return Err(OpenError::Older { folder, found: tally.commits, answered: mark.commits });
    }
    if mark.id != tally.id || (mark.commits == tally.commits && mark != tally) {
        return Err(OpenError::Foreign { folder });
    }
    if mark != tally {
        tracing::info!(
            commits = tally.commits,
            marked = mark.commits,
            "the last run did not close the store; it is whole, and what nobody was answered for is dropped"
        );
    }
    Ok(())
}

/// What keeps sled from opening or reading.
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
            Self::Locked => {
                OpenError::Unreadable { folder: folder.to_owned(), reason: "sled finds it locked".into() }
            }
            Self::Io(error) => OpenError::io(folder, &files::db_file(&files::store_folder(folder)), &error),
            // A refusal is one line, whatever sled says.
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

/// Turns a panic of sled over damaged files into an error, and keeps it from the terminal, where
/// the refusal is to stand alone.
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
        Err(payload) => Err(Trouble::Broken(super::writer::panic_text(payload.as_ref()))),
    }
}
