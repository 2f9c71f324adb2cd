//! A backup as a file. It is written beside its place, synced, read back, and only then renamed: whatever
//! happens meanwhile, a file with this name is always a whole backup.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::read::{BackupError, Reader, Summary};

/// At the end of the name of a backup that is not finished.
pub const UNFINISHED: &str = ".unfinished";

/// How much a backup leaves free on its disk: as much as the database needs to accept changes.
const KEPT_FREE_BYTES: u64 = 64 << 20;

/// Why a backup could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// There is a file with this name, which may be the only good backup.
    #[error("{0}: this file exists, and is not replaced; choose another name")]
    Exists(PathBuf),
    /// The operating system refused.
    #[error("{path}: {reason}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// What was read back is not what was written.
    #[error("{path}: {reason}", path = path.display())]
    ReadBack {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: BackupError,
    },
}

/// A backup that is being written. Dropping it removes what there is.
#[derive(Debug)]
pub struct Draft {
    place: PathBuf,
    path: PathBuf,
    file: File,
}

impl Draft {
    /// Begins a backup that will be at `place`. Only its owner can read it: it has email addresses and password
    /// hashes.
    ///
    /// # Errors
    /// `Exists`; `Io`.
    pub fn new(place: &Path) -> Result<Self, DraftError> {
        if fs::symlink_metadata(place).is_ok() {
            return Err(DraftError::Exists(place.to_owned()));
        }
        let mut path = place.as_os_str().to_owned();
        path.push(UNFINISHED);
        let path = PathBuf::from(path);
        let failed = |reason| DraftError::Io { path: path.clone(), reason };
        // One that a killed process left is of no use.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let file = File::options().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        Ok(Self { place: place.to_owned(), path, file })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// `Io`.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), DraftError> {
        let failed = |reason| DraftError::Io { path: self.path.clone(), reason };
        // The database may be on the same disk, and does not recover from a full one.
        let disk = rustix::fs::fstatvfs(&self.file).map_err(|error| failed(error.into()))?;
        if disk.f_bavail.saturating_mul(disk.f_frsize) < KEPT_FREE_BYTES {
            return Err(failed(io::ErrorKind::StorageFull.into()));
        }
        self.file.write_all(bytes).map_err(failed)
    }

    /// Makes the backup durable, reads it back, and puts it in its place. `progress` gets the number of records
    /// that were read back so far.
    ///
    /// # Errors
    /// `ReadBack`; `Exists` if there is a file in its place by now; `Io`.
    pub fn finish(self, progress: impl FnMut(u64)) -> Result<Summary, DraftError> {
        let failed = |reason| DraftError::Io { path: self.path.clone(), reason };
        self.file.sync_all().map_err(failed)?;
        let bad = |reason| DraftError::ReadBack { path: self.path.clone(), reason };
        let written = File::open(&self.path).map_err(failed)?;
        let reader = Reader::new(BufReader::with_capacity(1 << 20, written)).map_err(bad)?;
        let summary = reader.check(progress).map_err(bad)?;
        match renameat_with(CWD, &self.path, CWD, &self.place, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            Err(error) if error == rustix::io::Errno::EXIST => {
                return Err(DraftError::Exists(self.place.clone()));
            }
            // Not every file system can refuse to replace a file, so the name is only looked at.
            Err(error) if error == rustix::io::Errno::INVAL && !self.place.exists() => {
                fs::rename(&self.path, &self.place).map_err(failed)?;
            }
            Err(error) => return Err(failed(error.into())),
        }
        let folder = self.place.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(summary)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After `finish` there is no such file any more.
        let _ = fs::remove_file(&self.path);
    }
}
