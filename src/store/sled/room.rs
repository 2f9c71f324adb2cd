//! Free disk space, and which changes it allows. Sled does not recover from a full disk, so the space is
//! looked at before every group.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};

use super::files;
use super::settings::Reserves;
use crate::domain::ports::{Room, StoreError};

pub(super) struct Disk {
    /// Any file on the disk.
    file: File,
    usual: AtomicU64,
    last: AtomicU64,
    /// What the log knows.
    told: AtomicU64,
}

impl Disk {
    pub(super) fn new(file: File, reserves: Reserves) -> Self {
        let Reserves { usual, last } = reserves;
        Self { file, usual: usual.into(), last: last.into(), told: AtomicU64::new(rank(Room::Enough)) }
    }

    pub(super) fn keep_free(&self, reserves: Reserves) {
        self.usual.store(reserves.usual, Ordering::Relaxed);
        self.last.store(reserves.last, Ordering::Relaxed);
    }

    /// How much room there is; a change of that is logged.
    pub(super) fn room(&self) -> Result<(Room, u64), StoreError> {
        let free = files::free_bytes(&self.file)
            .map_err(|error| StoreError::Refused(format!("cannot read the free disk space: {error}")))?;
        let room = if free >= self.usual.load(Ordering::Relaxed) {
            Room::Enough
        } else if free >= self.last.load(Ordering::Relaxed) {
            Room::Little
        } else {
            Room::None
        };
        if self.told.swap(rank(room), Ordering::Relaxed) != rank(room) {
            tell(room, free);
        }
        Ok((room, free))
    }
}

/// Why a change is refused when this much is free.
pub(super) fn refusal(free: u64) -> StoreError {
    StoreError::Refused(format!("the disk is almost full ({} MiB free)", free >> 20))
}

fn tell(room: Room, free: u64) {
    let free_mib = free >> 20;
    match room {
        Room::Enough => tracing::warn!(free_mib, "there is disk space again, so changes are accepted"),
        Room::Little => tracing::warn!(
            free_mib,
            "the disk is almost full, so only changes that make room or protect accounts are accepted"
        ),
        Room::None => tracing::error!(free_mib, "the disk is full, so every change is refused"),
    }
}

fn rank(room: Room) -> u64 {
    match room {
        Room::Enough => 0,
        Room::Little => 1,
        Room::None => 2,
    }
}
