//! Why a store is not opened: one line each, with the file and the command that helps.

use std::io;
use std::path::{Path, PathBuf};

use super::passage::Passage;
use super::place;
use crate::store::moving::Left;

/// Why the store is not opened. Nothing is served from a store that was not verified. `folder` is
/// the data folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another process uses the data folder.
    #[error("{lock}: process {pid} uses this data folder; stop it first (kill {pid})", lock = lock.display())]
    InUse {
        /// The lock file.
        lock: PathBuf,
        /// The process that holds the lock, as it wrote in the file.
        pid: String,
    },
    /// The data folder belongs to another user.
    #[error("{folder}: this data folder belongs to user {owner}; run the command as that user: sudo -u {owner} gatepost ...", folder = folder.display())]
    NotOurs {
        /// The data folder.
        folder: PathBuf,
        /// Its owner, in the form `sudo -u` accepts.
        owner: String,
    },
    /// There is nothing to verify.
    #[error("{folder}: no database found; check data_dir or --data", folder = folder.display())]
    NoStore {
        /// The data folder.
        folder: PathBuf,
    },
    /// There is a key, but not the store that belongs to it. A new store in its place would have no account,
    /// and strangers could register all addresses.
    #[error("{}: there is a key for this data folder, but no database; restore a backup with `gatepost store restore FILE --data {data}` or, if there never was a database, create it with `gatepost store create --data {data}`", place::store_folder(folder).display(), data = folder.display())]
    KeyOnly {
        /// The data folder.
        folder: PathBuf,
    },
    /// There is a store already, so none is created.
    #[error("{}: there is a database already; check it with {}", place::store_folder(folder).display(), verify(folder))]
    Exists {
        /// The data folder.
        folder: PathBuf,
    },
    /// The disk is too full for a new store.
    #[error("{folder}: a new database needs {needed} MiB of free disk space, but only {free} MiB are left; free some space and start again", folder = folder.display())]
    NoRoom {
        /// The data folder.
        folder: PathBuf,
        /// MiB that are free.
        free: u64,
        /// MiB that must be free.
        needed: u64,
    },
    /// The operating system refuses access to a file.
    #[error("{path}: {reason}; fix this, then check the database with {}", verify(folder), path = path.display())]
    Io {
        /// The data folder.
        folder: PathBuf,
        /// The file or folder.
        path: PathBuf,
        /// The reason the operating system gives.
        reason: String,
    },
    /// Sled cannot open its files, or cannot read them.
    #[error("{}: cannot read the database ({reason}); {}", db(folder), restore(folder))]
    Unreadable {
        /// The data folder.
        folder: PathBuf,
        /// The reason sled gives.
        reason: String,
    },
    /// The records are not the ones that were committed.
    #[error(
        "{}: the database is damaged ({reason}): changes were lost or altered; {}",
        db(folder),
        restore(folder)
    )]
    Damaged {
        /// The data folder.
        folder: PathBuf,
        /// Which check failed.
        reason: String,
    },
    /// There was a store, and now there is none.
    #[error("{store}: the database is missing or empty; put it back, or {}", restore(folder), store = place::store_folder(folder).display())]
    Gone {
        /// The data folder.
        folder: PathBuf,
    },
    /// The side file is missing, although the store has records.
    #[error(
        "{}: this file is missing, so it is unclear whether the database is the latest one; accept it as it is, which signs everyone out, with {}",
        mark(folder),
        accept(folder)
    )]
    MarkMissing {
        /// The data folder.
        folder: PathBuf,
    },
    /// The side file has other bytes than were written.
    #[error(
        "{}: this file is damaged, so it is unclear whether the database is the latest one; accept it as it is, which signs everyone out, with {}",
        mark(folder),
        accept(folder)
    )]
    MarkDamaged {
        /// The data folder.
        folder: PathBuf,
    },
    /// The side file belongs to another store.
    #[error(
        "{}: this is not the database that {} belongs to; restore the right one, or accept this one, which signs everyone out, with {}",
        db(folder),
        mark(folder),
        accept(folder)
    )]
    Foreign {
        /// The data folder.
        folder: PathBuf,
    },
    /// The store lacks commits that were acknowledged.
    #[error(
        "{}: the database is older than it should be (commit {found} of {acknowledged}); restore the newer one, or accept the loss, which signs everyone out, with {}",
        db(folder),
        accept(folder)
    )]
    Older {
        /// The data folder.
        folder: PathBuf,
        /// The last commit in the store.
        found: u64,
        /// The last commit in the side file.
        acknowledged: u64,
    },
    /// The store was moved, or is being moved here.
    #[error("{}: {}", mark(folder), hindrance(folder, passage))]
    NotReady {
        /// The data folder.
        folder: PathBuf,
        /// What the side file says.
        passage: Passage,
    },
    /// Without a backup, the store does not get another format.
    #[error("{reason}; a backup is made there before the database gets the format of this version")]
    NoBackup {
        /// The backup.
        path: PathBuf,
        /// Why there is none.
        reason: String,
    },
    /// Another version of this program wrote it.
    #[error("{file}: written in format {format}, which this version can't read; run the version that wrote it, or {}", restore(folder), file = file.display())]
    OtherFormat {
        /// The data folder.
        folder: PathBuf,
        /// The file.
        file: PathBuf,
        /// Its format.
        format: u32,
    },
}

/// The refusal of a store whose records are not those that were committed.
pub(super) fn damaged(folder: &Path, reason: impl Into<String>) -> OpenError {
    OpenError::Damaged { folder: folder.to_owned(), reason: reason.into() }
}

impl OpenError {
    pub(super) fn io(folder: &Path, path: &Path, error: &io::Error) -> Self {
        Self::Io { folder: folder.to_owned(), path: path.to_owned(), reason: error.to_string() }
    }
}

fn db(folder: &Path) -> String {
    place::db_file(&place::store_folder(folder)).display().to_string()
}

fn mark(folder: &Path) -> String {
    place::mark(folder).display().to_string()
}

/// The command that checks this folder, ready to be pasted.
fn verify(folder: &Path) -> String {
    format!("`gatepost store verify --data {}`", folder.display())
}

/// What to do where only a backup helps.
fn restore(folder: &Path) -> String {
    let shown = folder.display();
    format!(
        "move {shown} away, keep its key, and restore a backup with `gatepost store restore FILE --data {shown}`"
    )
}

fn hindrance(folder: &Path, passage: &Passage) -> String {
    match passage {
        Passage::Arriving(_) => {
            "a database is being moved into this data folder; run `gatepost store move --to FILE` \
                                 again where it comes from, to finish that"
                .into()
        }
        Passage::Left(Left { to, at, .. }) => format!(
            "this database was moved to {to} on {at}; {} takes it back, which signs everyone out",
            accept(folder)
        ),
    }
}

fn accept(folder: &Path) -> String {
    format!("`gatepost store verify --accept --data {}`", folder.display())
}
