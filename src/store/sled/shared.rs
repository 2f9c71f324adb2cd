//! State shared by readers, the writer and the handle of the store.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use super::guard::{Handle, guarded};
use super::lock::FolderLock;
use super::moment::Moment;
use super::recent::Recent;
use super::refusal::{self, OpenError};
use super::room::{self, Disk};
use super::settings::{Reserves, SledSettings};
use super::slices::{Recut, Slices};
use super::slot::{Slots, Stored};
use super::tally::Tally;
use super::view::View;
use crate::domain::ports::{Reading, Room, StoreError, Versioned};
use crate::domain::record::key::{Key, Span};
use crate::store::{Kept, Page, decoded};

/// Decoded records may take this part of the size of sled's cache, on top of it.
const RECENT_PART: u64 = 4;
/// How often a reader that the writer has overtaken begins again before it makes the writer wait.
const READ_TRIES: usize = 3;

pub(super) struct Shared {
    /// `None` once the store is closed. A reader that waits for a slow disk holds up no other.
    view: ArcSwapOption<View>,
    /// The number of the newest view. Increased before the writer changes anything that readers see.
    number: AtomicU64,
    /// Records of the newest view.
    recent: Recent,
    /// The slices of what readers see. While this is locked, the view stays the same.
    slices: Mutex<Slices>,
    /// Whether every slice was verified since the start.
    pub(super) is_proven: AtomicBool,
    /// The moment that a backup shows, while one is being made.
    pub(super) moment: Mutex<Option<Moment>>,
    status: watch::Sender<Status>,
    /// Whether the writer has ended.
    has_ended: watch::Sender<bool>,
    disk: Disk,
    folder: PathBuf,
    /// Held until sled's files are closed.
    lock: Mutex<Option<FolderLock>>,
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
    pub(super) fn new(
        db: Handle,
        tally: Tally,
        slices: Slices,
        disk: File,
        settings: &SledSettings,
        lock: FolderLock,
    ) -> Self {
        Self {
            view: ArcSwapOption::from_pointee(View { db, held: Slots::new(), tally, number: 0 }),
            number: AtomicU64::new(0),
            recent: Recent::within(settings.cache_bytes / RECENT_PART),
            is_proven: AtomicBool::new(slices.are_verified()),
            slices: Mutex::new(slices),
            moment: Mutex::default(),
            status: watch::Sender::new(Status::Open),
            has_ended: watch::Sender::new(false),
            disk: Disk::new(disk, settings.reserves),
            folder: lock.folder().to_owned(),
            lock: Mutex::new(Some(lock)),
        }
    }

    /// Reads as of one moment. `act` may run several times.
    pub(super) fn read<T>(&self, act: impl Fn(&View) -> Result<T, StoreError>) -> Result<T, StoreError> {
        for _ in 0..READ_TRIES {
            let view = self.view.load();
            let view = view.as_ref().ok_or_else(closed)?;
            let read = self.unpanicked(|| act(view));
            if self.is_of_one_moment(view) {
                return read;
            }
        }
        let _slices = self.slices();
        let view = self.view()?;
        self.unpanicked(|| act(&view))
    }

    /// Whether everything that was read from this view so far is of one moment.
    pub(super) fn is_of_one_moment(&self, view: &View) -> bool {
        view.is_of_one_moment(self.number.load(Ordering::SeqCst))
    }

    /// What readers see now.
    pub(super) fn view(&self) -> Result<Arc<View>, StoreError> {
        self.view.load_full().ok_or_else(closed)
    }

    /// The records under these keys. A slice is verified before anything is read from it, and also where nothing
    /// will be found.
    pub(super) fn get(&self, keys: &[Key]) -> Result<Vec<Option<Kept<Stored>>>, StoreError> {
        keys.iter().try_for_each(|key| self.prove_at(key))?;
        self.read(|view| keys.iter().map(|key| view.get(key)).collect())
    }

    /// The same, decoded.
    pub(super) fn records(&self, keys: &[Key]) -> Result<Vec<Option<Reading>>, StoreError> {
        keys.iter().try_for_each(|key| self.prove_at(key))?;
        self.read(|view| keys.iter().map(|key| self.record(view, key)).collect())
    }

    fn record(&self, view: &View, key: &Key) -> Result<Option<Reading>, StoreError> {
        let is_held = view.held.contains_key(key);
        if !is_held && let Some(record) = self.recent.get(key) {
            return Ok(record.map(|record| Ok(Versioned::clone(&record))));
        }
        let kept = view.get(key)?;
        let reading = kept.as_ref().map(|kept| decoded(key, kept)).transpose();
        if !is_held && let Ok(record) = &reading {
            let bytes = kept.map_or(0, |kept| kept.bytes.as_ref().len());
            let is_newest = || self.number.load(Ordering::SeqCst) == view.number;
            self.recent.keep(key, record.as_ref(), bytes, is_newest);
        }
        Ok(reading.transpose())
    }

    /// The first records of a range.
    pub(super) fn page(&self, span: &Span, limit: usize) -> Result<Page<Stored>, StoreError> {
        self.prove_at(&span.from)?;
        let page = self.read(|view| view.page(span, limit))?;
        // The page says how far it reaches.
        let end = page.last().filter(|_| page.len() == limit);
        let end = end.map_or_else(|| span.until.clone(), |(last, _)| span.after(last).from);
        self.prove_between(&span.from, &end)?;
        Ok(page)
    }

    /// Sled panics over damaged files, and reports others. Either way nothing more can be believed of this store, and
    /// a disk that cannot be read will not recover by itself: the process ends.
    pub(super) fn unpanicked<T>(&self, act: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        match guarded(act) {
            Ok(Err(StoreError::Damaged(reason))) | Err(reason) => Err(self.fail(&reason)),
            Ok(Err(error)) => {
                self.set(Status::Failed(self.refusal(&error).to_string()));
                Err(error)
            }
            Ok(read) => read,
        }
    }

    /// The slices as readers see them. Keeps the view as it is meanwhile.
    pub(super) fn slices(&self) -> MutexGuard<'_, Slices> {
        self.slices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, readers see the keys of a group as they were before it.
    pub(super) fn hold(&self, slots: Slots) {
        let _slices = self.slices();
        if let Some(moment) = &mut *self.moment.lock().unwrap_or_else(PoisonError::into_inner) {
            moment.keep(&slots);
        }
        self.change(|view| (slots, view.tally));
    }

    /// The group is durable, so readers see it from now on.
    pub(super) fn show(&self, tally: Tally, recut: Recut) {
        let mut slices = self.slices();
        slices.apply(recut);
        self.change(|_| (Slots::new(), tally));
    }

    fn change(&self, next: impl FnOnce(&View) -> (Slots, Tally)) {
        let view = self.view.load();
        let Some(view) = view.as_ref() else { return };
        let (held, tally) = next(view);
        let number = view.number + 1;
        self.number.store(number, Ordering::SeqCst);
        self.recent.forget(held.iter().filter(|(_, slot)| slot.is_written).map(|(key, _)| key));
        self.view.store(Some(Arc::new(View { db: view.db.clone(), held, tally, number })));
    }

    /// Closes sled's files and unlocks the folder.
    pub(super) fn close(&self) {
        let view = self.view.swap(None);
        if let Some(mut view) = view {
            // Sled closes its files when the last reader has finished.
            while let Err(used) = Arc::try_unwrap(view).map(drop) {
                view = used;
                thread::yield_now();
            }
        }
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = None;
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

    /// What was read shows that the store is damaged, so the process has to end.
    pub(super) fn fail(&self, reason: &str) -> StoreError {
        self.set(Status::Failed(refusal::damaged(&self.folder, reason.to_owned()).to_string()));
        StoreError::Damaged(reason.to_owned())
    }

    /// As the refusal to open such a store.
    pub(super) fn refusal(&self, error: &StoreError) -> OpenError {
        match error {
            StoreError::Damaged(reason) => refusal::damaged(&self.folder, reason.clone()),
            error => OpenError::Unreadable { folder: self.folder.clone(), reason: error.to_string() },
        }
    }

    /// The writer has stopped.
    pub(super) fn end(&self) {
        self.has_ended.send_replace(true);
    }

    /// Returns once the writer has ended.
    pub(super) async fn ended(&self) {
        // The sender lasts as long as this, so there is always a value to wait for.
        let _ = self.has_ended.subscribe().wait_for(|has_ended| *has_ended).await;
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

    /// How much room the disk has, and how many bytes of it are free.
    pub(super) fn room(&self) -> Result<(Room, u64), StoreError> {
        self.disk.room()
    }

    pub(super) fn keep_free(&self, reserves: Reserves) {
        self.disk.keep_free(reserves);
    }

    /// Whether a change of any class would be accepted now.
    pub(super) fn takes_writes(&self) -> Result<(), StoreError> {
        match &*self.status.borrow() {
            Status::Open => {}
            Status::Stopped(reason) | Status::Failed(reason) => {
                return Err(StoreError::Refused(reason.clone()));
            }
            Status::Closed => return Err(closed()),
        }
        match self.room()? {
            (Room::Enough, _) => Ok(()),
            (_, free) => Err(room::refusal(free)),
        }
    }
}

pub(super) fn closed() -> StoreError {
    StoreError::Refused("the database is closed".into())
}
