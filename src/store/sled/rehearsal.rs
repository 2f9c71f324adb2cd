//! A copy of the store that sled opens first. Sled repairs what it opens, and repairing a damaged
//! store empties everything after the damage. Thanks to the copy, a refused store stays unchanged.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::refusal::OpenError;
use super::{files, place};

/// The largest store that a start copies. So a start takes no longer when the store grows.
const SMALL_BYTES: u64 = 64 << 20;

/// Which stores are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    /// Small ones, so that nothing has to wait for long.
    Small,
    /// All.
    All,
}

/// The copy. It is removed when this is dropped or, if the process dies, at the next opening.
#[derive(Debug)]
pub(super) struct Rehearsal(PathBuf);

impl Rehearsal {
    /// Copies the store of a locked data folder; `None` if it is too large or the disk has no room for a copy.
    pub(super) fn of(folder: &Path, copied: Copied) -> Result<Option<Self>, OpenError> {
        let store = place::store_folder(folder);
        let copy = Self(place::rehearsal(folder));
        copy.remove().map_err(|error| OpenError::io(folder, &copy.0, &error))?;
        let bytes = size(&store).map_err(|error| OpenError::io(folder, &store, &error))?;
        if copied == Copied::Small && bytes > SMALL_BYTES {
            return Ok(None);
        }
        let made = check_room(folder, bytes).and_then(|()| copy_folder(&store, &copy.0));
        match made {
            Ok(()) => Ok(Some(copy)),
            Err(error) if is_full(&error) => {
                tracing::warn!(
                    store = %store.display(),
                    "no disk space to verify a copy first: if the database is damaged, opening it changes it"
                );
                Ok(None)
            }
            Err(error) => Err(OpenError::io(folder, &store, &error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            tracing::warn!(copy = %self.0.display(), %error, "could not remove a copy of the database");
        }
    }
}

/// Needs twice the size, because sled writes to the copy as well.
fn check_room(folder: &Path, bytes: u64) -> io::Result<()> {
    let free = files::free_bytes(&fs::File::open(folder)?)?;
    if free < bytes.saturating_mul(2) {
        return Err(io::ErrorKind::StorageFull.into());
    }
    Ok(())
}

fn size(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let metadata = fs::metadata(&path)?;
        bytes += if metadata.is_dir() { size(&path)? } else { metadata.len() };
    }
    Ok(bytes)
}

/// Copies a folder, sharing blocks where the file system supports it.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
