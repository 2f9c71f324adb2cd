//! The port's second half: the life of an engine, beside [`Store`]. Whoever puts the server together uses it, and names no
//! engine.
//!
//! An engine is opened where it is chosen ([`embedded`](super::embedded), [`shared`](super::shared)): it proves its
//! store and returns it, or one [`Refusal`].

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::ports::{SharedEngine, Store, StoreError};
use crate::domain::record::key::Key;

/// An open engine.
#[async_trait]
pub trait Life: Store {
    /// How the log names it.
    fn name(&self) -> &'static str;

    /// What it does for this node beside keeping records, if other processes may use the same store at the same time.
    fn shared(self: Arc<Self>) -> Option<Arc<dyn SharedEngine>>;

    /// Returns the reason once the engine cannot go on in this process, which must end then. A connection that is lost is no
    /// such reason.
    async fn failed(&self) -> String;

    /// After this, no commit of this process can be written any more. Takes at most a few seconds.
    async fn close(&self);

    /// Why the engine failed, once it has. Known after closing: the last sync may fail too.
    fn failure(&self) -> Option<String>;

    /// Verifies every value while the store is in use, step by step.
    ///
    /// # Errors
    /// If it cannot be read.
    async fn verify(self: Arc<Self>) -> Result<Box<dyn Verifying>, StoreError>;

    /// All records as of one moment, which is now, to be read while the store is in use. Without those that mean nothing to
    /// another store: what is about the runs of this one.
    ///
    /// # Errors
    /// If they are being read like this already, or cannot be read.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;
}

/// Why a store is not opened: one line that names the setting or the file, and what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another process uses the data folder.
    #[error("{sentence}")]
    InUse {
        /// The process, as it wrote in the lock file.
        pid: String,
        /// The line.
        sentence: String,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Takes each record of a page.
pub type Take<'a> = &'a mut (dyn FnMut(&Key, &[u8]) + Send);

/// All records of one moment. Dropping it ends it.
#[async_trait]
pub trait Snapshot: Send {
    /// How many records there are.
    fn records(&self) -> u64;

    /// How many commits the store had seen; 0 if the engine does not count them.
    fn commits(&self) -> u64;

    /// Gives `take` the next records in the order of their keys. Returns how many that were, perhaps none, or nothing at the
    /// end: then they are known to be exactly those of the moment.
    ///
    /// # Errors
    /// If they are not, or cannot be read.
    async fn next_page(&mut self, take: Take<'_>) -> Result<Option<u64>, StoreError>;
}

/// Verifying everything, step by step.
#[async_trait]
pub trait Verifying: Send {
    /// Verifies the next part.
    ///
    /// # Errors
    /// What is wrong with it.
    async fn step(&mut self) -> Result<Proving, Refusal>;

    /// What was verified, to see whether its records fit together.
    fn verified(&self) -> Arc<dyn Store>;
}

/// What a step of it found.
#[derive(Debug)]
pub enum Proving {
    /// So far, everything is as it should be.
    SoFar {
        /// Records that were verified.
        done: u64,
        /// Records there are now.
        all: u64,
    },
    /// The store is intact.
    Whole(Proof),
}

/// A store that was verified, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Proof {
    /// Records in it.
    pub records: u64,
    /// Commits since it was created; 0 if the engine does not count them.
    pub commits: u64,
    /// Records that this version cannot read.
    pub unreadable: UnreadableRecords,
    /// Whether it was accepted although it may not be the latest, so that the next start ends every session
    /// and voids every request.
    pub restored: bool,
}

/// Records whose bytes are the ones that were written, but which this version cannot read.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UnreadableRecords {
    /// How many there are.
    pub count: u64,
    /// What is wrong with the first of them.
    pub first: Option<String>,
}

impl UnreadableRecords {
    pub(super) fn note(&mut self, error: &StoreError) {
        self.count += 1;
        self.first.get_or_insert_with(|| error.to_string());
    }

    /// Adds those of a later part of the store.
    pub(super) fn and(&mut self, later: Self) {
        self.count += later.count;
        self.first = self.first.take().or(later.first);
    }
}
