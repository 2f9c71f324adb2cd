//! What readers, the writer and the handle of the store share.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use tokio::sync::watch;

use super::files;
use super::view::{Slots, View};
use crate::domain::ports::StoreError;

pub(super) struct Shared {
    /// Nothing, when the store is closed.
    view: RwLock<Option<View>>,
    status: watch::Sender<Status>,
    /// Any file on the disk whose room is watched.
    disk: File,
    reserve_bytes: AtomicU64,
    was_low: AtomicBool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Changes are taken.
    Open,
    /// No more changes are taken, for this reason.
    Stopped(String),
    /// The same, and the process has to end now.
    Failed(String),
    /// Closed as it should be.
    Closed,
}

impl Shared {
    pub(super) fn new(view: View, disk: File, reserve_bytes: u64) -> Self {
        Self {
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

    /// From now on readers see the keys of a group as they were before it.
    pub(super) fn hold(&self, slots: Slots) {
        self.change(|view| view.held = slots);
    }

    /// The group is durable: readers see it.
    pub(super) fn show(&self) {
        self.change(|view| view.held = Slots::new());
    }

    fn change(&self, act: impl FnOnce(&mut View)) {
        if let Some(view) = self.view.write().unwrap_or_else(PoisonError::into_inner).as_mut() {
            act(view);
        }
    }

    /// Lets go of sled's files and of the lock.
    pub(super) fn close(&self) {
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.set(Status::Closed);
    }

    /// The last word stands: a store that failed is not "closed" afterwards.
    pub(super) fn set(&self, next: Status) {
        self.status.send_if_modified(|status| {
            let is_news = !matches!(status, Status::Failed(_) | Status::Closed);
            if is_news {
                *status = next;
            }
            is_news
        });
    }

    pub(super) fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Whether a change would be taken now.
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

    /// Whether the disk has room. Looked at before every group, since sled does not recover from a
    /// disk that it found full.
    pub(super) fn room(&self) -> Result<(), StoreError> {
        let reserve = self.reserve_bytes.load(Ordering::Relaxed);
        let free = files::free_bytes(&self.disk)
            .map_err(|error| StoreError::Refused(format!("the disk does not say what is free: {error}")))?;
        let is_low = free < reserve;
        if self.was_low.swap(is_low, Ordering::Relaxed) != is_low {
            tracing::warn!(
                free,
                reserve,
                "{}",
                if is_low { "the disk is nearly full: no writes" } else { "the disk has room again" }
            );
        }
        if is_low {
            return Err(StoreError::Refused(format!("the disk is nearly full ({} MiB free)", free >> 20)));
        }
        Ok(())
    }
}

fn closed() -> StoreError {
    StoreError::Refused("the store is closed".into())
}
