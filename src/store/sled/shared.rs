//! State shared by readers, the writer and the handle of the store.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use tokio::sync::watch;

use super::files;
use super::slot::Slots;
use super::tally::Tally;
use super::view::View;
use crate::domain::ports::StoreError;

pub(super) struct Shared {
    /// `None` once the store is closed.
    view: RwLock<Option<View>>,
    status: watch::Sender<Status>,
    /// Any file on the disk whose free space is watched.
    disk: File,
    folder: PathBuf,
    reserve_bytes: AtomicU64,
    was_low: AtomicBool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Changes are accepted.
    Open,
    /// No more changes are accepted, for this reason.
    Stopped(String),
    /// As `Stopped`, and the process has to end now.
    Failed(String),
    /// Closed normally.
    Closed,
}

impl Shared {
    pub(super) fn new(view: View, disk: File, reserve_bytes: u64) -> Self {
        Self {
            folder: view.lock.folder().to_owned(),
            view: RwLock::new(Some(view)),
            status: watch::Sender::new(Status::Open),
            disk,
            reserve_bytes: AtomicU64::new(reserve_bytes),
            was_low: AtomicBool::new(false),
        }
    }

    /// Reads as of one moment.
    pub(super) fn read<T>(&self, act: impl FnOnce(&View) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        view.as_ref().map_or_else(|| Err(closed()), act)
    }

    /// From now on, readers see the keys of a group as they were before it.
    pub(super) fn hold(&self, slots: Slots) {
        self.change(|view| view.held = slots);
    }

    /// The group is durable, so readers see it from now on.
    pub(super) fn show(&self, tally: Tally) {
        self.change(|view| view.show(tally));
    }

    fn change(&self, act: impl FnOnce(&mut View)) {
        if let Some(view) = self.view.write().unwrap_or_else(PoisonError::into_inner).as_mut() {
            act(view);
        }
    }

    /// Closes sled's files and unlocks the folder.
    pub(super) fn close(&self) {
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.set(Status::Closed);
    }

    /// Sets the status, unless it is final: a store that failed does not become "closed" later.
    pub(super) fn set(&self, next: Status) {
        self.status.send_if_modified(|status| {
            let is_news = !matches!(status, Status::Failed(_) | Status::Closed);
            if is_news {
                *status = next;
            }
            is_news
        });
    }

    /// The data folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// Why the store failed, once it has.
    pub(super) fn failure(&self) -> Option<String> {
        match &*self.status.borrow() {
            Status::Failed(reason) => Some(reason.clone()),
            Status::Open | Status::Stopped(_) | Status::Closed => None,
        }
    }

    pub(super) fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Whether a change would be accepted now.
    pub(super) fn takes_writes(&self) -> Result<(), StoreError> {
        match &*self.status.borrow() {
            Status::Open => {}
            Status::Stopped(reason) | Status::Failed(reason) => {
                return Err(StoreError::Refused(reason.clone()));
            }
            Status::Closed => return Err(closed()),
        }
        self.room()
    }

    pub(super) fn keep_free(&self, bytes: u64) {
        self.reserve_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Whether the disk has room. Checked before every group, because sled does not recover from a
    /// full disk.
    pub(super) fn room(&self) -> Result<(), StoreError> {
        let reserve = self.reserve_bytes.load(Ordering::Relaxed);
        let free = files::free_bytes(&self.disk)
            .map_err(|error| StoreError::Refused(format!("cannot read the free disk space: {error}")))?;
        let is_low = free < reserve;
        if self.was_low.swap(is_low, Ordering::Relaxed) != is_low {
            tracing::warn!(
                free,
                reserve,
                "{}",
                if is_low {
                    "the disk is almost full, so changes are refused"
                } else {
                    "there is disk space again, so changes are accepted"
                }
            );
        }
        if is_low {
            return Err(StoreError::Refused(format!("the disk is almost full ({} MiB free)", free >> 20)));
        }
        Ok(())
    }
}

fn closed() -> StoreError {
    StoreError::Refused("the database is closed".into())
}
