//! The default engine: sled 0.34 in one folder, used in the narrow way in which it keeps its word.
//!
//! | part | what it owns |
//! | --- | --- |
//! | `open` | the steps of opening: lock, proof, repair |
//! | `rehearsal` | the copy that is proven first, so that a refused store stays as it was |
//! | `tally`, `mark` | the digest of the whole store, and its copy in a side file |
//! | `writer`, `group` | the one thread that writes: checks, batch, flush, sync, answers |
//! | `view` | reading what is durable and nothing else |
//!
//! In the data folder the engine owns `store/`, `store.mark` and `lock`, and while it opens
//! `store.new/` and `store.proof/`.

mod files;
mod group;
mod mark;
mod open;
mod owner;
mod refusal;
mod rehearsal;
mod shared;
mod tally;
mod view;
mod writer;

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use self::mark::Mark;
use self::open::Opened;
pub use self::refusal::OpenError;
use self::shared::{Shared, Status};
pub use self::view::Stored;
use self::view::{Slots, View};
use self::writer::{Errand, Writer};
use super::{CodedChange, Engine, Kept, Page};
use crate::domain::key::{Key, Span};
use crate::domain::ports::{Committed, StoreError};

const CACHE_BYTES: u64 = 64 << 20;

/// What the engine needs to know.
#[derive(Clone, Debug)]
pub struct SledSettings {
    /// The name a store gets if it has to be made: random, so that no other has it.
    pub new_store_id: [u8; 16],
    /// How much of the disk must stay free for a change to be taken, or a store to be made.
    pub reserve_bytes: u64,
    /// How many changes may wait for the writer.
    pub queue: usize,
}

impl SledSettings {
    /// The settings of the product.
    #[must_use]
    pub fn new(new_store_id: [u8; 16]) -> Self {
        Self { new_store_id, reserve_bytes: 64 << 20, queue: 4096 }
    }
}

/// A store in a folder. Dropping it closes it, as [`close`](Self::close) does.
pub struct SledStore {
    shared: Arc<Shared>,
    errands: Option<mpsc::Sender<Errand>>,
    writer: Option<JoinHandle<()>>,
}

impl SledStore {
    /// Opens the store in the data folder `folder`, which exists, and makes one if there never was
    /// one. Proves it whole, which reads all of it: call it where blocking does no harm.
    ///
    /// # Errors
    /// One line, with the file and the command that helps.
    pub fn open(folder: &Path, settings: &SledSettings) -> Result<Self, OpenError> {
        let Opened { db, tally, lock } = open::open(folder, CACHE_BYTES, settings)?;
        let file = files::db_file(&files::store_folder(folder));
        let refuse = |error| OpenError::io(folder, &file, &error);
        let log = File::open(&file).map_err(refuse)?;
        let disk = log.try_clone().map_err(refuse)?;
        let mark = Mark::open(folder)?;
        let view = View { db: db.clone(), held: Slots::new(), _lock: lock };
        let shared = Arc::new(Shared::new(view, disk, settings.reserve_bytes));
        let writer = Writer { db, log, mark, tally, shared: Arc::clone(&shared) };
        let (errands, waiting) = mpsc::channel(settings.queue);
        let thread = thread::Builder::new().name("store-writer".into());
        let writer = thread.spawn(move || writer.run(waiting)).map_err(refuse)?;
        Ok(Self { shared, errands: Some(errands), writer: Some(writer) })
    }

    /// Returns, with the reason, when the store has failed and the process must end: only a new
    /// start can tell what is on the disk. After a full disk that is when there is room to start.
    pub async fn failed(&self) -> String {
        let mut status = self.shared.status();
        loop {
            if let Status::Failed(reason) = &*status.borrow_and_update() {
                return reason.clone();
            }
            // The sender lives as long as this handle, so there is always a next word to wait for.
            if status.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Commits what was sent before, syncs everything and lets go of the folder. Whoever comes
    /// later is refused.
    pub async fn close(&self) {
        if let Some(errands) = &self.errands {
            // A writer that is gone has nothing left to close.
            let _ = errands.send(Errand::Close).await;
        }
        let is_over = |status: &Status| matches!(status, Status::Failed(_) | Status::Closed);
        let _ = self.shared.status().wait_for(is_over).await;
        self.shared.close();
    }

    /// Changes how much of the disk must stay free.
    pub fn keep_free(&self, bytes: u64) {
        self.shared.keep_free(bytes);
    }
}

impl fmt::Debug for SledStore {
    /// Sled's own would print every record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SledStore")
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.errands = None;
        if let Some(writer) = self.writer.take() {
            // The writer catches its panics; there is nothing to learn from its end.
            let _ = writer.join();
        }
    }
}

impl Engine for SledStore {
    type Bytes = Stored;

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Kept<Stored>>>, StoreError> {
        self.shared.read(|view| keys.iter().map(|key| view.get(key)).collect())
    }

    async fn page(&self, span: &Span, limit: usize) -> Result<Page<Stored>, StoreError> {
        self.shared.read(|view| view.page(span, limit))
    }

    async fn write(&self, change: CodedChange) -> Result<Committed, StoreError> {
        let (answer, answered) = oneshot::channel();
        let errands = self.errands.as_ref().expect("the queue stays until the store is dropped");
        match errands.try_send(Errand::Commit(change, answer)) {
            Ok(()) => {
                answered.await.unwrap_or_else(|_| Err(StoreError::InDoubt("the writer is gone".into())))
            }
            Err(mpsc::error::TrySendError::Full(_)) => Err(StoreError::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => {
                self.takes_writes()?;
                Err(StoreError::Refused("the store is closing".into()))
            }
        }
    }

    fn takes_writes(&self) -> Result<(), StoreError> {
        self.shared.takes_writes()
    }
}

/// Whether there is or was a store in the data folder `folder`, whole or not.
#[must_use]
pub fn is_known(folder: &Path) -> bool {
    files::store_folder(folder).exists() || Mark::path(folder).exists()
}

/// Whether [`verify`] takes the store as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// It only looks.
    No,
    /// It writes the side file anew, so that this store counts as the newest from now on. A store
    /// that is not whole is refused all the same.
    Yes,
}

/// A store that is whole, in figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Records in it.
    pub records: u64,
    /// Commits it has seen.
    pub commits: u64,
}

/// Runs the proof of every opening, and changes nothing in the store.
///
/// # Errors
/// The refusal an opening would end with.
pub fn verify(folder: &Path, accept: Accept) -> Result<Proof, OpenError> {
    let tally = open::verify(folder, CACHE_BYTES, accept)?;
    Ok(Proof { records: tally.records, commits: tally.commits })
}
