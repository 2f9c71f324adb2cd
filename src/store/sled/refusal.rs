//! Why a store is not opened: one line each, with the file and the command that helps.

use std::io;
use std::path::{Path, PathBuf};

/// Why the store is not opened. Nothing is served from a store that is not proven.
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
    /// The operating system refuses a file.
    #[error("{path}: {reason}; free or repair it, then `gatepost store verify` shows whether the store is whole", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// Sled cannot open its files, or not read what is in them.
    #[error("{db}: the store cannot be read ({reason}); put a saved copy of the data folder in its place, and `gatepost store verify` proves it", db = db.display())]
    Unreadable {
        /// Sled's file.
        db: PathBuf,
        /// What sled says.
        reason: String,
    },
    /// The records are not those that were committed.
    #[error("{db}: {reason}, so commits are lost or altered; put a saved copy of the data folder in its place, and `gatepost store verify` proves it", db = db.display())]
    Damaged {
        /// Sled's file.
        db: PathBuf,
        /// What does not add up.
        reason: String,
    },
    /// There was a store, and now there is none.
    #[error("{store}: the store is gone or empty; bring it back, or put a saved copy of the data folder in its place, and `gatepost store verify` proves it", store = store.display())]
    Gone {
        /// Where it should stand.
        store: PathBuf,
    },
    /// The side file is missing beside a store that holds something.
    #[error("{mark}: missing, so nobody can tell whether this store is the newest; if it is, `gatepost store verify --accept` writes the file anew", mark = mark.display())]
    MarkMissing {
        /// Where it should stand.
        mark: PathBuf,
    },
    /// The side file is not what was written.
    #[error("{mark}: damaged, so nobody can tell whether this store is the newest; if it is, `gatepost store verify --accept` writes the file anew", mark = mark.display())]
    MarkDamaged {
        /// The side file.
        mark: PathBuf,
    },
    /// The side file is of another store.
    #[error("{db}: this is another store than {mark} speaks of; bring the right one back, or take this one with `gatepost store verify --accept`", db = db.display(), mark = mark.display())]
    Foreign {
        /// Sled's file.
        db: PathBuf,
        /// The side file.
        mark: PathBuf,
    },
    /// The store has seen fewer commits than were answered.
    #[error("{db}: the store ends at commit {found}, but {answered} were answered; bring the newer one back, or go on without what is missing with `gatepost store verify --accept`", db = db.display())]
    Older {
        /// Sled's file.
        db: PathBuf,
        /// The last commit found.
        found: u64,
        /// The last commit the side file knows of.
        answered: u64,
    },
    /// Another version of this program wrote it.
    #[error("{file}: written in format {format}, which this version does not know; start the version that wrote it, or put a saved copy in its place, and `gatepost store verify` proves it", file = file.display())]
    OtherFormat {
        /// The file.
        file: PathBuf,
        /// Its format.
        format: u32,
    },
}

impl OpenError {
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        Self::Io { path: path.to_owned(), reason: error.to_string() }
    }
}
