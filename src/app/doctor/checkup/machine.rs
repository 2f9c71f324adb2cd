//! The key, the disk and the clock.

use std::fs;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::finding::{Finding, Status};
use crate::config::key_file::KeyPlace;
use crate::domain::ports::World;

const MIB: u64 = 1 << 20;
/// Below this, the server refuses changes.
const NEEDED: u64 = 64 * MIB;
/// Below this, it soon may.
const PLENTY: u64 = 1024 * MIB;
/// How far the clock may be behind the newest file.
const TOLERANCE_MS: u64 = 60_000;
/// What systemd leaves once it has set the clock by another one.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";
/// What programs that keep the clock right leave while they run, whether or not it is right.
const SERVICES: [&str; 2] = ["/run/chrony", "/run/ntpd.pid"];

/// Where the key is. Who can read it was checked with the settings.
pub(super) fn key(place: &KeyPlace, data_dir: &Path) -> Finding {
    let is_inside = match place {
        KeyPlace::File(path) => is_below(path, data_dir),
        KeyPlace::Environment => false,
    };
    if is_inside {
        let message = format!(
            "{place} is in the data folder, so a copy of the folder has both the database and its key; to keep them \
             apart, move it and set key_file"
        );
        return Finding::new("key", Status::Warning, message);
    }
    Finding::new("key", Status::Ok, format!("{place} is outside of the data folder"))
}

fn is_below(path: &Path, folder: &Path) -> bool {
    match (fs::canonicalize(path), fs::canonicalize(folder)) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => path.starts_with(folder),
    }
}

/// How much room the disk of a folder has.
///
/// # Errors
/// If the folder cannot be read.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// How much room there is.
pub(super) fn disk(folder: &Path, is_shared: bool) -> Finding {
    let free = match free_bytes(folder) {
        Ok(free) => free,
        Err(error) => {
            let message = format!("could not read the free space of {}: {error}", folder.display());
            return Finding::new("disk", Status::Unknown, message);
        }
    };
    let room = format!("{} MiB are free for {}", free / MIB, folder.display());
    // A shared database is elsewhere.
    if free < NEEDED && !is_shared {
        return Finding::new("disk", Status::Wrong, format!("{room}: changes are refused below 64 MiB"));
    }
    let status = if free < PLENTY { Status::Warning } else { Status::Ok };
    Finding::new("disk", status, room)
}

/// Whether the clock is right, as far as this machine can tell.
pub(super) fn clock(data_dir: &Path, world: &World) -> Finding {
    let newest = fs::metadata(data_dir.join("store.mark")).and_then(|file| file.modified());
    let newest = newest.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let newest = newest.and_then(|since| u64::try_from(since.as_millis()).ok()).unwrap_or_default();
    let now = world.now();
    if newest > now.0 + TOLERANCE_MS {
        let message =
            format!("the clock is behind: it says {now}, and the database was written later; set it");
        return Finding::new("clock", Status::Wrong, message);
    }
    if Path::new(SYNCHRONISED).exists() {
        return Finding::new("clock", Status::Ok, "this machine keeps its clock right");
    }
    let service = if SERVICES.iter().any(|sign| Path::new(sign).exists()) {
        "a time service runs, and whether it is in step"
    } else {
        "whether something keeps it right"
    };
    let message = format!("the clock says {now}; {service} cannot be seen from here");
    Finding::new("clock", Status::Unknown, message)
}
