//! The default engine: sled 0.34 in one folder, used only in the ways in which it is reliable.
//!
//! | part | what it owns |
//! | --- | --- |
//! | `place`, `files` | where its files are in the data folder, and syncing them |
//! | `owner` | refuses a data folder of another user |
//! | `open` | the steps of opening: creation, verification, repair |
//! | `lock`, `creation`, `beneath`, `guard` | the lock, creating a store, opening sled, containing its panics |
//! | `proof`, `acceptance` | verifying slices of a store that is in use, and a whole one that no process uses |
//! | `filling`, `adoption` | filling a new store; moving one that was made in another folder into place |
//! | `leaving`, `arriving`, `passage` | moving a store to another place or to this one, and what the side file says then |
//! | `rehearsal` | the copy that is verified first, so that a refused store stays unchanged |
//! | `digest`, `tally`, `mark` | the digest of the whole store, and its copy in a side file |
//! | `slices`, `recut` | the same digest in parts, and how a commit changes them |
//! | `writer`, `group` | the only thread that writes: checks, batch, flush, sync, responses |
//! | `view`, `slot`, `shared` | reading, which shows only durable records |
//! | `recent` | records that were read lately, decoded |
//! | `moment`, `copying` | all records as of one moment, for a backup |
//! | `life` | the life of the engine, as those see it who name no engine |
//! | `upgrade` | a store that an older version wrote |
//! | `room` | free disk space, and which changes it allows |
//! | `cache` | how much of it is kept in memory |
//! | `settings`, `refusal` | its settings, and why a store is not opened |
//!
//! In the data folder the engine owns `store/`, `store.mark` and `lock`, and during opening also
//! `store.new/` and `store.proof/`.

mod acceptance;
mod adoption;
mod arriving;
mod beneath;
mod cache;
mod copying;
mod creation;
mod digest;
mod files;
mod filling;
mod group;
mod guard;
mod leaving;
mod life;
mod lock;
mod mark;
mod moment;
mod open;
mod owner;
mod passage;
mod place;
mod proof;
mod recent;
mod recut;
mod refusal;
mod rehearsal;
mod room;
mod settings;
mod shared;
mod slices;
mod slot;
mod tally;
mod upgrade;
mod view;
mod writer;

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

pub use self::acceptance::Inspected;
pub use self::adoption::{abandon, adopt};
pub use self::arriving::Arriving;
pub use self::copying::Copying;
pub use self::creation::is_known;
pub use self::leaving::Leaving;
pub use self::lock::FolderLock;
use self::mark::Mark;
use self::open::Opened;
pub use self::owner::check_owner;
pub use self::passage::Passage;
pub use self::proof::Verifying;
pub use self::refusal::OpenError;
pub use self::settings::{Reserves, SledSettings};
use self::shared::{Shared, Status};
pub use self::slot::Stored;
use self::writer::{Errand, Writer};
pub use super::life::{Proof, Proving, UnreadableRecords};
use super::{CodedChange, Engine, Kept, Page};
use crate::domain::ports::{Committed, Reading, StoreError};
use crate::domain::record::key::{Key, Span};

/// A store in a folder. Dropping it closes it, as [`close`](Self::close) does.
pub struct SledStore {
    shared: Arc<Shared>,
    /// Held by the one copy that may be in the making.
    copies: Arc<tokio::sync::Mutex<()>>,
    errands: Option<mpsc::Sender<Errand>>,
    writer: Option<JoinHandle<()>>,
}

impl SledStore {
    /// Opens the store in the existing data folder `folder`, and creates one if there never was one.
    /// Verifies the first part of it; the rest is verified in the background. Sled itself needs longer for a
    /// larger store, so call it where blocking does no harm.
    ///
    /// # Errors
    /// One line, with the file and the command that helps.
    pub fn open(folder: &Path, settings: &SledSettings) -> Result<Self, OpenError> {
        if !is_known(folder) {
            owner::check_owner(folder)?;
            creation::check_room(folder, settings.reserves.usual)?;
        }
        Self::open_locked(FolderLock::take(folder)?, settings)
    }

    /// The same for a folder that is locked already.
    ///
    /// # Errors
    /// One line, with the file and the command that helps.
    pub fn open_locked(lock: FolderLock, settings: &SledSettings) -> Result<Self, OpenError> {
        let folder = lock.folder().to_owned();
        let (opened, opening) = std::sync::mpsc::channel();
        let settings = settings.clone();
        // Opening leaves a lot of free memory to its thread, and verifying the rest in the same thread uses it.
        let thread = thread::Builder::new().name("store-proof".into()).spawn(move || {
            let store = Self::open_here(lock, &settings);
            let shared = store.as_ref().ok().map(|store| Arc::downgrade(&store.shared));
            // Whoever opens it waits for this.
            let _ = opened.send(store);
            if let Some(shared) = shared {
                proof::prove_the_rest(&shared);
            }
        });
        thread.map_err(|error| OpenError::io(&folder, &folder, &error))?;
        opening.recv().expect("opening a database ends with a store or a refusal")
    }

    fn open_here(lock: FolderLock, settings: &SledSettings) -> Result<Self, OpenError> {
        let folder = &lock.folder().to_owned();
        let Opened { db, tally, slices, lock } = open::open(lock, settings)?;
        let file = place::db_file(&place::store_folder(folder));
        let refuse = |error| OpenError::io(folder, &file, &error);
        let log = File::open(&file).map_err(refuse)?;
        let disk = log.try_clone().map_err(refuse)?;
        let mark = Mark::open(folder)?;
        let shared = Arc::new(Shared::new(db.clone(), tally, slices, disk, settings, lock));
        let writer = Writer { db, file: file.clone(), log, mark, tally, shared: Arc::clone(&shared) };
        let (errands, waiting) = mpsc::channel(settings.queue);
        let thread = thread::Builder::new().name("store-writer".into());
        let writer = thread.spawn(move || writer.run(waiting)).map_err(refuse)?;
        Ok(Self { shared, copies: Arc::default(), errands: Some(errands), writer: Some(writer) })
    }

    /// Creates a store in the locked, empty data folder, with all records that `next` returns in the order of their
    /// keys. `id` is random.
    ///
    /// # Errors
    /// One line, or the error of `next`.
    pub fn fill<E: From<OpenError>>(
        lock: &FolderLock,
        id: [u8; 16],
        next: impl FnMut() -> Result<Option<(Key, Vec<u8>)>, E>,
    ) -> Result<(), E> {
        filling::fill(lock.folder(), cache::usual_bytes(), id, next)
    }

    /// Returns the reason once the store has failed and the process must end: only a restart can
    /// find out what is on disk. After a full disk, waits until there is room to start again.
    pub async fn failed(&self) -> String {
        let mut status = self.shared.status();
        loop {
            if let Status::Failed(reason) = &*status.borrow_and_update() {
                return reason.clone();
            }
            // The sender lasts as long as this handle, so there is always another status to wait for.
            if status.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Commits the changes sent so far, syncs everything and unlocks the folder. Later changes are
    /// refused.
    pub async fn close(&self) {
        if let Some(errands) = &self.errands {
            // If the writer has ended, there is nothing left to close.
            let _ = errands.send(Errand::Close).await;
        }
        self.shared.ended().await;
        self.shared.close();
    }

    /// Why the store failed, once it has. Known after closing: the last sync may fail too.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.shared.failure()
    }

    /// Verifies the store while it is in use, step by step, without holding up anything.
    #[must_use]
    pub fn verifying(&self) -> Verifying {
        Verifying::new(Arc::clone(&self.shared))
    }

    /// All records as they are now, to be read while the store is in use.
    ///
    /// # Errors
    /// If they are being read like this already, or the store is closed.
    pub fn copy(&self) -> Result<Copying, StoreError> {
        let turn = Arc::clone(&self.copies).try_lock_owned();
        let turn = turn.map_err(|_| StoreError::Refused("another backup is being made".into()))?;
        Copying::new(Arc::clone(&self.shared), turn)
    }

    /// Sets how much disk space must stay free.
    pub fn keep_free(&self, reserves: Reserves) {
        self.shared.keep_free(reserves);
    }
}

impl fmt::Debug for SledStore {
    /// Sled's own implementation would print every record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SledStore")
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.errands = None;
        if let Some(writer) = self.writer.take() {
            // The writer catches its panics, so its result says nothing.
            let _ = writer.join();
        }
    }
}

impl Engine for SledStore {
    type Bytes = Stored;

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Kept<Stored>>>, StoreError> {
        self.shared.get(keys)
    }

    async fn records(&self, keys: &[Key]) -> Result<Vec<Option<Reading>>, StoreError> {
        self.shared.records(keys)
    }

    async fn page(&self, span: &Span, limit: usize) -> Result<Page<Stored>, StoreError> {
        self.shared.page(span, limit)
    }

    async fn write(&self, change: CodedChange) -> Result<Committed, StoreError> {
        let (answer, answered) = oneshot::channel();
        let errands = self.errands.as_ref().expect("the queue stays until the store is dropped");
        match errands.try_send(Errand::Commit(change, answer)) {
            Ok(()) => {
                answered.await.unwrap_or_else(|_| Err(StoreError::InDoubt("the writer has ended".into())))
            }
            Err(mpsc::error::TrySendError::Full(_)) => Err(StoreError::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => {
                self.takes_writes()?;
                Err(StoreError::Refused("the database is closing".into()))
            }
        }
    }

    fn takes_writes(&self) -> Result<(), StoreError> {
        self.shared.takes_writes()
    }
}

/// Verifies all of a store that no process uses, without changing it. `progress` gets how many records were
/// verified, out of how many.
///
/// # Errors
/// The refusal that opening it ends with, sooner or later.
pub fn inspect(folder: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Inspected, OpenError> {
    acceptance::inspect(folder, cache::usual_bytes(), progress)
}

/// The same, and accepts it as the latest store. Unless the old side file shows that it is, its sessions and
/// requests end: some of them may have ended since. A damaged store is refused all the same.
///
/// # Errors
/// Why it is not accepted.
pub fn accept(folder: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Proof, OpenError> {
    acceptance::accept(folder, cache::usual_bytes(), progress)
}
