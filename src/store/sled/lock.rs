//! The lock that keeps a second process out of a data folder.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::refusal::OpenError;
use super::{owner, place};

const LOCK_TRIES: usize = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// A data folder that is locked for this process. Dropping the last copy of this unlocks it, and so does the
/// operating system if the process dies.
#[derive(Clone)]
pub struct FolderLock {
    folder: PathBuf,
    _file: Arc<File>,
}

impl FolderLock {
    /// Locks an existing data folder, which must be ours.
    ///
    /// # Errors
    /// `InUse`, which names the process that holds the lock; `NotOurs`; `Io`.
    pub fn take(folder: &Path) -> Result<Self, OpenError> {
        owner::check_owner(folder)?;
        let path = place::lock(folder);
        let refuse = |error: &io::Error| OpenError::io(folder, &path, error);
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(|error| refuse(&error))?;
        match patiently_locked(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // The holder's id is only for the message: without it the lock is refused all the same.
                let _ = file.read_to_string(&mut pid);
                return Err(OpenError::InUse { lock: path, pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(refuse(&error)),
        }
        let sign = |file: &mut File| {
            file.set_len(0)?;
            writeln!(file, "{}", std::process::id())
        };
        sign(&mut file).map_err(|error| refuse(&error))?;
        Ok(Self { folder: folder.to_owned(), _file: Arc::new(file) })
    }

    /// The locked folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Waits briefly for a lock that is held. A child process that the last holder was just starting
/// keeps a copy of its lock until it runs its own program.
fn patiently_locked(file: &File) -> Result<(), TryLockError> {
    for _ in 1..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            locked => return locked,
        }
    }
    file.try_lock()
}
