//! The files around sled: the lock, what a crash leaves behind, and syncing.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::refusal::OpenError;

const LOCK: &str = "lock";
const LOCK_TRIES: usize = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
const SNAPSHOT: &str = "snap.";
const UNFINISHED: &str = ".generating";

/// The folder sled works in.
pub(super) fn store_folder(folder: &Path) -> PathBuf {
    folder.join("store")
}

/// Where a new store is made. It gets its name when it is whole, so a crash leaves all or nothing.
pub(super) fn nursery(folder: &Path) -> PathBuf {
    folder.join("store.new")
}

/// Sled's one file of records.
pub(super) fn db_file(store: &Path) -> PathBuf {
    store.join("db")
}

/// Takes the data folder for this process; it is let go when the file is dropped, and by the
/// operating system if the process dies.
pub(super) fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(LOCK);
    let refuse = |error: &io::Error| OpenError::io(folder, &path, error);
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(&path).map_err(|error| refuse(&error))?;
    match patiently_locked(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // The lock is refused all the same if the name of its holder cannot be read.
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
    Ok(file)
}

/// A process that the last holder was just starting has a copy of its lock until it runs its own
/// program: such a lock is waited for, briefly.
fn patiently_locked(file: &File) -> Result<(), TryLockError> {
    for _ in 1..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            locked => return locked,
        }
    }
    file.try_lock()
}

/// Removes the snapshots sled did not finish: killed while opening, it could not be opened again.
pub(super) fn remove_unfinished_snapshots(store: &Path) -> io::Result<()> {
    for path in snapshots(store)?.iter().filter(|path| path.to_string_lossy().ends_with(UNFINISHED)) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Renames sled's snapshots, so that it replays its log instead. Says whether there were any.
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

/// Makes everything in sled's folder durable: its names and the two files sled syncs never or late.
pub(super) fn sync_store(store: &Path) -> io::Result<()> {
    File::open(db_file(store))?.sync_all()?;
    File::open(store.join("conf"))?.sync_all()?;
    sync_folder(store)
}

/// What is free on the disk of a file, for others than root.
pub(super) fn free_bytes(file: &File) -> io::Result<u64> {
    let disk = rustix::fs::fstatvfs(file)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
