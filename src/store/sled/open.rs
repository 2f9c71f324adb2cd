//! Opening: lock, repair, open, prove. Sled opens some damaged stores as smaller or empty ones
//! without a word, and panics over others; nothing is served before the store is proven whole.
//!
//! 1. Take the data folder, or say who has it.
//! 2. Make a new store if there never was one, whole or not at all.
//! 3. Remove what sled leaves behind when it is killed while opening, and open it; if it cannot
//!    read its snapshots, once more without them.
//! 4. Read every record: they must be those that the digest of the last commit was taken over.
//! 5. The side file must speak of this very store, and of no commit that is not in it.

use std::cell::Cell;
use std::fs::{self, File};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;
use std::thread;
use std::time::Duration;

use sled::Db;

use super::files;
use super::mark::Mark;
use super::refusal::OpenError;
use super::tally::{NoTally, StoreId, TALLY_KEY, Tally};

/// A closed store of this process may hold sled's own lock for a moment longer than ours.
const LOCK_TRIES: usize = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be used; a new one gets this id.
    Serve(StoreId),
    /// To be proven.
    Verify,
    /// To be taken as it is, whatever the side file says.
    Accept,
}

/// A proven store. The lock is let go last.
pub(super) struct Opened {
    pub(super) db: Db,
    pub(super) tally: Tally,
    pub(super) lock: File,
}

pub(super) fn open(folder: &Path, cache_bytes: u64, purpose: Purpose) -> Result<Opened, OpenError> {
    let lock = files::lock(folder)?;
    let mark = Mark::read(folder);
    let store = files::store_folder(folder);
    match (purpose, store.exists(), &mark) {
        (Purpose::Serve(id), false, Ok(None)) => create(folder, cache_bytes, id)?,
        // Without this file sled would make an empty store here.
        _ if !files::db_file(&store).exists() => return Err(OpenError::Gone { store }),
        _ => {}
    }
    let db = open_sled(&store, cache_bytes)?;
    let tally = prove(&store, &db)?;
    match (purpose, mark) {
        (Purpose::Accept, _) => Mark::create(folder, tally)?,
        // The process was killed between the two steps of the creation.
        (_, Ok(None)) if tally.commits == 0 => Mark::create(folder, tally)?,
        (_, Ok(None)) => return Err(OpenError::MarkMissing { mark: Mark::path(folder) }),
        (_, Ok(Some(mark))) => compare(folder, mark, tally)?,
        (_, Err(refusal)) => return Err(refusal),
    }
    Ok(Opened { db, tally, lock })
}

fn create(folder: &Path, cache_bytes: u64, id: StoreId) -> Result<(), OpenError> {
    let nursery = files::nursery(folder);
    let refuse = |error| OpenError::io(&nursery, &error);
    if nursery.exists() {
        fs::remove_dir_all(&nursery).map_err(refuse)?;
    }
    fs::create_dir(&nursery).map_err(refuse)?;
    let db = open_sled(&nursery, cache_bytes)?;
    let first = db.insert(TALLY_KEY, Tally::new(id).to_bytes().as_slice()).and_then(|_| db.flush());
    first.map_err(|error| Trouble::from(error).refusal(&nursery))?;
    drop(db);
    files::sync_store(&nursery).map_err(refuse)?;
    let store = files::store_folder(folder);
    fs::rename(&nursery, &store).and_then(|()| files::sync_folder(folder)).map_err(refuse)
}

fn open_sled(store: &Path, cache_bytes: u64) -> Result<Db, OpenError> {
    let refuse = |error| OpenError::io(store, &error);
    files::remove_unfinished_snapshots(store).map_err(refuse)?;
    // Sled's own flusher is off: the writer flushes, and two flushes at once lock sled up.
    let config = sled::Config::default().path(store).cache_capacity(cache_bytes).flush_every_ms(None);
    let opened = match unlocked(&config) {
        Err(Trouble::Broken(reason)) if files::move_snapshots_aside(store).map_err(refuse)? => {
            tracing::warn!(store = %store.display(), %reason, "sled's snapshots are unreadable; it replays its log");
            unlocked(&config)
        }
        opened => opened,
    };
    opened.map_err(|trouble| trouble.refusal(store))
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
fn prove(store: &Path, db: &Db) -> Result<Tally, OpenError> {
    let (committed, found) = guarded(|| count(db)).map_err(|trouble| trouble.refusal(store))?;
    let file = files::db_file(store);
    let damaged = |reason: &str| OpenError::Damaged { db: file.clone(), reason: reason.into() };
    let committed = match committed {
        Some(bytes) => Tally::from_bytes(&bytes).map_err(|no| match no {
            NoTally::Damaged => damaged("the record of the last commit is damaged"),
            NoTally::OtherFormat(format) => OpenError::OtherFormat { file: file.clone(), format },
        })?,
        None if found.records == 0 => return Err(OpenError::Gone { store: store.to_owned() }),
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
    let db = files::db_file(&files::store_folder(folder));
    if mark.commits > tally.commits && mark.id == tally.id {
        return Err(OpenError::Older { db, found: tally.commits, answered: mark.commits });
    }
    if mark.id != tally.id || (mark.commits == tally.commits && mark != tally) {
        return Err(OpenError::Foreign { db, mark: Mark::path(folder) });
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
    fn refusal(self, store: &Path) -> OpenError {
        let db = files::db_file(store);
        match self {
            Self::Locked => OpenError::Unreadable { db, reason: "sled finds it locked".into() },
            Self::Io(error) => OpenError::io(&db, &error),
            // A refusal is one line, whatever sled says.
            Self::Broken(reason) => {
                OpenError::Unreadable { db, reason: reason.split_whitespace().collect::<Vec<_>>().join(" ") }
            }
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
