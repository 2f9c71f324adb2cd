//! Work on the files around sled: the lock, leftovers of a crash, syncing, free space.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::place;
use super::refusal::OpenError;

const LOCK_TRIES: usize = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
const SNAPSHOT: &str = "snap.";
const UNFINISHED: &str = ".generating";

/// Locks the data folder for this process. Dropping the file unlocks it, and so does the operating
/// system if the process dies.
pub(super) fn lock(folder: &Path) -> Result<File, OpenError> {
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
    Ok(file)
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

/// Free space on the disk of a file, as users other than root see it.
pub(super) fn free_bytes(file: &File) -> io::Result<u64> {
    let disk = rustix::fs::fstatvfs(file)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Makes the file names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
