//! Why a store is not opened: one line each, with the file and the command that helps.

use std::io;
use std::path::{Path, PathBuf};

use super::files::{db_file, store_folder};
use super::mark::Mark;

/// Why the store is not opened. Nothing is served from a store that is not proven. `folder` is the
/// data folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another process has the data folder.
    #[error("{lock}: process {pid} uses this data folder; stop it first (kill {pid})", lock = lock.display())]
    InUse {
        /// The lock file.
        lock: PathBuf,
        /// Whose lock it is, as it wrote down itself.
        pid: String,
    },
    /// The data folder is another user's.
    #[error("{folder}: this data folder belongs to user {owner}, whom files made by another would lock out; run the same command as its owner: sudo -u {owner} gatepost ...", folder = folder.display())]
    NotOurs {
        /// The data folder.
        folder: PathBuf,
        /// Its owner, as `sudo -u` takes it.
        owner: String,
    },
    /// There is nothing to verify.
    #[error("there is no store in {folder}", folder = folder.display())]
    NoStore {
        /// The data folder.
        folder: PathBuf,
    },
    /// A new store could not be written to.
    #[error("{folder}: a new store needs {needed} MiB of free disk, and {free} are left; free some, and start again", folder = folder.display())]
    NoRoom {
        /// The data folder.
        folder: PathBuf,
        /// MiB that are free.
        free: u64,
        /// MiB that have to be.
        needed: u64,
    },
    /// The operating system refuses a file.
    #[error("{path}: {reason}; free or repair it, then {} shows whether the store is whole", verify(folder), path = path.display())]
    Io {
        /// The data folder.
        folder: PathBuf,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// Sled cannot open its files, or not read what is in them.
    #[error(
        "{}: the store cannot be read ({reason}); put a saved copy of the data folder in its place, and {} proves it",
        db(folder),
        verify(folder)
    )]
    Unreadable {
        /// The data folder.
        folder: PathBuf,
        /// What sled says.
        reason: String,
    },
    /// The records are not those that were committed.
    #[error(
        "{}: {reason}, so commits are lost or altered; put a saved copy of the data folder in its place, and {} proves it",
        db(folder),
        verify(folder)
    )]
    Damaged {
        /// The data folder.
        folder: PathBuf,
        /// What does not add up.
        reason: String,
    },
    /// There was a store, and now there is none.
    #[error("{store}: the store is gone or empty; bring it back, or put a saved copy of the data folder in its place, and {} proves it", verify(folder), store = store_folder(folder).display())]
    Gone {
        /// The data folder.
        folder: PathBuf,
    },
    /// The side file is missing beside a store that holds something.
    #[error(
        "{}: missing, so nobody can tell whether this store is the newest; if it is, {} writes the file anew",
        mark(folder),
        accept(folder)
    )]
    MarkMissing {
        /// The data folder.
        folder: PathBuf,
    },
    /// The side file is not what was written.
    #[error(
        "{}: damaged, so nobody can tell whether this store is the newest; if it is, {} writes the file anew",
        mark(folder),
        accept(folder)
    )]
    MarkDamaged {
        /// The data folder.
        folder: PathBuf,
    },
    /// The side file is of another store.
    #[error(
        "{}: this is another store than {} speaks of; bring the right one back, or take this one with {}",
        db(folder),
        mark(folder),
        accept(folder)
    )]
    Foreign {
        /// The data folder.
        folder: PathBuf,
    },
    /// The store has seen fewer commits than were answered.
    #[error(
        "{}: the store ends at commit {found}, but {answered} were answered; bring the newer one back, or go on without what is missing with {}",
        db(folder),
        accept(folder)
    )]
    Older {
        /// The data folder.
        folder: PathBuf,
        /// The last commit found.
        found: u64,
        /// The last commit the side file knows of.
        answered: u64,
    },
    /// Another version of this program wrote it.
    #[error("{file}: written in format {format}, which this version does not know; start the version that wrote it, or put a saved copy in its place, and {} proves it", verify(folder), file = file.display())]
    OtherFormat {
        /// The data folder.
        folder: PathBuf,
        /// The file.
        file: PathBuf,
        /// Its format.
        format: u32,
    },
}

impl OpenError {
    pub(super) fn io(folder: &Path, path: &Path, error: &io::Error) -> Self {
        Self::Io { folder: folder.to_owned(), path: path.to_owned(), reason: error.to_string() }
    }
}

fn db(folder: &Path) -> String {
    db_file(&store_folder(folder)).display().to_string()
}

fn mark(folder: &Path) -> String {
    Mark::path(folder).display().to_string()
}

/// The command that proves this very folder, wherever it is typed.
fn verify(folder: &Path) -> String {
    format!("`gatepost store verify --data {}`", folder.display())
}

fn accept(folder: &Path) -> String {
    format!("`gatepost store verify --accept --data {}`", folder.display())
}
