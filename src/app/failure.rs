//! Why a command failed.

use std::io;
use std::path::PathBuf;

use super::doctor::DoctorError;
use crate::config::Mistakes;
use crate::config::access::Other;
use crate::config::key_file::KeyFileError;
use crate::domain::upkeep::{Misfits, OpenError, RunEnded};
use crate::mail::TrialError;
use crate::store::backup::{BackupError, DraftError};
use crate::store::life::Refusal;
use crate::web::edge::ListenError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration has errors.
    #[error(transparent)]
    Configuration(#[from] Mistakes),
    /// The data folder cannot be created or written to.
    #[error("{}: cannot use this data folder: {error}; check data_dir and its permissions", path.display())]
    DataFolder {
        /// The folder.
        path: PathBuf,
        /// The reason the system gives.
        error: io::Error,
    },
    /// Others can write to the data folder.
    #[error(
        "{}: {others} can write to this data folder (mode {mode:04o}) and could replace the database and its \
         key; {fix}; or set data_dir to a new folder inside it",
        path.display()
    )]
    SharedFolder {
        /// The folder.
        path: PathBuf,
        /// Who can.
        others: Other,
        /// Its mode.
        mode: u32,
        /// What to do.
        fix: String,
    },
    /// There is no usable key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] Refusal),
    /// The store and the key do not belong together.
    #[error(transparent)]
    House(#[from] OpenError),
    /// This run must not go on beside the others.
    #[error(transparent)]
    Run(#[from] RunEnded),
    /// The address to listen on is not available.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The store failed while it was in use.
    #[error("{0}")]
    StoreFailed(String),
    /// The store is intact, but has records that this version cannot read.
    #[error(
        "the database is intact, but {count} of its records cannot be read ({first}); run the version that wrote them"
    )]
    UnreadableRecords {
        /// How many.
        count: u64,
        /// What is wrong with the first of them.
        first: String,
    },
    /// The store is intact, but records in it do not fit together.
    #[error(
        "the database is intact, but {} of its records do not fit together, which no version of this program \
         causes:\n{}",
        .0.count,
        .0.first.join("\n")
    )]
    Misfits(Misfits),
    /// The test email was not accepted.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// An order was not carried out.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// Accounts were not imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// There is no backup, or nothing was restored.
    #[error(transparent)]
    Backup(#[from] BackupFailure),
    /// A drill was not held, or failed.
    #[error(transparent)]
    Doctor(#[from] DoctorError),
    /// A result cannot be written to a file.
    #[error("{}: {error}", path.display())]
    Unwritten {
        /// The file or its folder.
        path: PathBuf,
        /// The reason the system gives.
        error: io::Error,
    },
    /// The system refuses something else.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// It was refused, for this reason.
    #[error("{0}")]
    Refused(String),
    /// The server ended or does not respond.
    #[error(
        "{}: no answer from the server ({error}); the command may have been carried out: look, then run it again",
        path.display()
    )]
    Silent {
        /// The socket.
        path: PathBuf,
        /// The reason the system gives.
        error: io::Error,
    },
    /// The key file could not be written. What belongs there was printed.
    #[error("{place}: {reason}; no key was rotated")]
    NotRotated {
        /// Where the keys are kept.
        place: String,
        /// Why it could not be written.
        reason: String,
    },
    /// Servers that share the database lack a key.
    #[error("key {key} is not yet at {nodes}; copy {place} there, and run this again a few seconds later")]
    KeyLacking {
        /// The key.
        key: u8,
        /// The file that has it.
        place: String,
        /// The servers.
        nodes: String,
    },
    /// Servers that share the database still have a key that was retired.
    #[error(
        "key {key} is retired, and still at {nodes}; copy {place} there, and run this again a few seconds later"
    )]
    KeyLeft {
        /// The key.
        key: u8,
        /// The file that no longer has it.
        place: String,
        /// The servers.
        nodes: String,
    },
    /// The answer belongs to another order.
    #[error("unexpected answer from the server; are both the same version?")]
    OtherAnswer,
}

/// Why accounts were not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason the system gives.
        error: io::Error,
    },
    /// The file can be read only once.
    #[error("{}: must be a regular file, because it is read twice: to check it and to import it", .0.display())]
    NotAFile(PathBuf),
    /// The file has errors.
    #[error("{}: nothing was imported because of {mistakes}", path.display())]
    Mistaken {
        /// The file.
        path: PathBuf,
        /// The errors, one line each.
        mistakes: String,
    },
    /// The import was interrupted.
    #[error("stopped after {done} of {all} accounts ({reason}); run the same command again to continue")]
    Stopped {
        /// Rows that are certainly imported, or already existed.
        done: usize,
        /// All rows.
        all: usize,
        /// Why it was interrupted.
        reason: Box<Failure>,
    },
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupFailure {
    /// The backup could not be written.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The backup cannot be read.
    #[error("{}: {error}", path.display())]
    Unusable {
        /// The backup.
        path: PathBuf,
        /// Why.
        error: BackupError,
    },
    /// The key of the database is not there.
    #[error(
        "{}: a backup does not have the key, and is useless without it; put the key file here, or set key_file or \
         GATEPOST_KEY",
        path.display()
    )]
    NoKey {
        /// Where it could be.
        path: PathBuf,
    },
    /// A backup is restored only into a folder without a database.
    #[error(
        "{}: a backup is restored only into a data folder with nothing but a key in it, and this one has {what}; \
         move it away, or use --data with another folder",
        folder.display()
    )]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
        /// What is in it.
        what: String,
    },
    /// The folder for scheduled backups cannot be used.
    #[error("{}: cannot keep backups in this folder: {reason}; check backup.dir", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        reason: io::Error,
    },
}
