//! Work on the files around sled: leftovers of a crash, syncing, free space.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::place;

const SNAPSHOT: &str = "snap.";
const UNFINISHED: &str = ".generating";

/// Removes unfinished snapshots. Sled leaves them when it is killed while opening, and cannot open
/// the store again while they are there.
pub(super) fn remove_unfinished_snapshots(store: &Path) -> io::Result<()> {
    for path in snapshots(store)?.iter().filter(|path| path.to_string_lossy().ends_with(UNFINISHED)) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Renames sled's snapshots, so that it replays its log instead. Returns whether there were any.
pub(super) fn move_snapshots_aside(store: &Path) -> io::Result<bool> {
    let snapshots = snapshots(store)?;
    for path in &snapshots {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        fs::rename(path, store.join(format!("unreadable.{name}")))?;
    }
    Ok(!snapshots.is_empty())
}

fn snapshots(store: &Path) -> io::Result<Vec<PathBuf>> {
    let mut snapshots = Vec::new();
    for entry in fs::read_dir(store)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(SNAPSHOT) {
            snapshots.push(entry.path());
        }
    }
    Ok(snapshots)
}

/// Makes everything in sled's folder durable: the file names, and the two files that sled syncs
/// late or never.
pub(super) fn sync_store(store: &Path) -> io::Result<()> {
    File::open(place::db_file(store))?.sync_all()?;
    File::open(store.join("conf"))?.sync_all()?;
    sync_folder(store)
}

pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Free space on the disk of a file, as users other than root see it.
pub(super) fn free_bytes(file: &File) -> io::Result<u64> {
    let disk = rustix::fs::fstatvfs(file)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Makes the file names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
