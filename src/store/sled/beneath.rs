//! Opening sled itself, and what can be wrong then.

use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::guard::{Handle, guarded, plain};
use super::refusal::OpenError;
use super::slot::note_unreadable;
use super::tally::FIRST_KEY;
use super::{files, place};
use crate::domain::record::key::Key;
use crate::store::life::UnreadableRecords;

/// When this process closes a store, sled's own lock may be held slightly longer than ours.
const LOCK_TRIES: usize = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Opens the store in a folder. Returns whether that took a second attempt without snapshots.
pub(super) fn open_sled(store: &Path, cache_bytes: u64) -> Result<(Handle, bool), Trouble> {
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

fn unlocked(config: &sled::Config) -> Result<Handle, Trouble> {
    for _ in 1..LOCK_TRIES {
        match attempted(|| config.open()) {
            Err(Trouble::Locked) => thread::sleep(LOCK_PAUSE),
            opened => return opened.map(Handle::new),
        }
    }
    attempted(|| config.open()).map(Handle::new)
}

/// Has sled do something. A panic over damaged files counts as an error.
pub(super) fn attempted<T>(act: impl FnOnce() -> sled::Result<T>) -> Result<T, Trouble> {
    match guarded(act) {
        Ok(result) => result.map_err(Trouble::from),
        Err(reason) => Err(Trouble::Broken(reason)),
    }
}

/// The records of an open store that cannot be read, although their bytes are the ones that were written.
pub(super) fn unreadable(db: &Handle) -> Result<UnreadableRecords, Trouble> {
    attempted(|| {
        let mut unreadable = UnreadableRecords::default();
        for entry in db.range(FIRST_KEY..) {
            let (key, value) = entry?;
            note_unreadable(&mut unreadable, &Key::from_bytes(key.to_vec()), &value);
        }
        Ok(unreadable)
    })
}

/// Why sled cannot open or read a store.
pub(super) enum Trouble {
    Locked,
    Io(io::Error),
    Broken(String),
}

impl From<sled::Error> for Trouble {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => Self::of_io(error),
            // Sled's messages may have line breaks, but a refusal is one line.
            error => Self::Broken(error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")),
        }
    }
}

impl Trouble {
    fn of_io(error: io::Error) -> Self {
        let is_lock = error.to_string().starts_with("could not acquire lock");
        match plain(error) {
            error if is_lock && error.kind() == io::ErrorKind::WouldBlock => Self::Locked,
            error if is_lock => Self::Io(io::Error::other(format!("this file cannot be locked: {error}"))),
            error => Self::Io(error),
        }
    }

    pub(super) fn refusal(self, folder: &Path) -> OpenError {
        let file = place::db_file(&place::store_folder(folder));
        match self {
            Self::Locked => {
                let error = io::Error::other("another process has locked this file");
                OpenError::io(folder, &file, &error)
            }
            Self::Io(error) => OpenError::io(folder, &file, &error),
            Self::Broken(reason) => OpenError::Unreadable { folder: folder.to_owned(), reason },
        }
    }
}
