//! What the domain needs from outside: a store, a clock, randomness, and the mailbox that the mailbox page
//! shows. Each trait says what it promises. An engine keeps that promise and knows nothing about the
//! actions.

mod company;
mod world;

use async_trait::async_trait;

pub use self::company::{Company, MAX_REMEMBERED_BYTES, Membership, SharedEngine};
pub use self::world::{Clock, Entropy, World};
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::time::Timestamp;

/// The state of a key at one moment. Opaque: only compared for equality, never ordered, and never given
/// twice to the same key, even after the key was deleted and written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u64);

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The record.
    pub record: Record,
    /// Its version, which a change that depends on the record expects.
    pub version: Version,
}

/// What a change is for, which matters when the disk is almost full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Class {
    /// The store grows by it.
    #[default]
    Grow,
    /// The store shrinks by it.
    Shrink,
    /// It keeps people safe: someone signs out, ends sessions, or disables or secures an account. It may grow
    /// the store a little.
    Safety,
    /// A node shows the others that it goes on. It takes the place of the one before, so the store does not grow, and
    /// it waits for no other change: a node whose changes all wait has not ended.
    Heartbeat,
}

/// How much a store can still take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Every change is accepted.
    Enough,
    /// Only what shrinks the store or keeps people safe is accepted: otherwise the store could never make
    /// room by itself, and a thief's session could not be ended.
    Little,
    /// No change is accepted.
    None,
}

impl Room {
    /// Whether a change of this class is accepted.
    #[must_use]
    pub fn admits(self, class: Class) -> bool {
        match self {
            Self::Enough => true,
            Self::Little => class != Class::Grow,
            Self::None => false,
        }
    }
}

/// Everything one action writes, and everything that must still be true for it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What it is for.
    pub class: Class,
    /// A key and the version it must still have; `None` if it must still be absent.
    pub expectations: Vec<(Key, Option<Version>)>,
    /// A key and its new record; `None` deletes it. Each key appears once.
    pub writes: Vec<(Key, Option<Record>)>,
}

impl Change {
    /// The most writes in one change.
    pub const MAX_WRITES: usize = 100;
    /// The most expectations in one change.
    pub const MAX_EXPECTATIONS: usize = 100;
    /// The most bytes in one change, counting keys and encoded records.
    pub const MAX_BYTES: usize = 256 * 1024;
    /// The most bytes in a key.
    pub const MAX_KEY_BYTES: usize = 512;
    /// The most bytes in an encoded record.
    pub const MAX_RECORD_BYTES: usize = 60 * 1024;

    /// An empty change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty change of a class.
    #[must_use]
    pub fn of(class: Class) -> Self {
        Self { class, ..Self::default() }
    }

    /// Makes the commit depend on `key` still having `version`, or still being absent if that is `None`.
    pub fn expect(&mut self, key: Key, version: Option<Version>) {
        self.expectations.push((key, version));
    }

    /// Writes `record` under `key`.
    pub fn put(&mut self, key: Key, record: Record) {
        self.writes.push((key, Some(record)));
    }

    /// Deletes `key`. Deleting an absent key is not an error.
    pub fn delete(&mut self, key: Key) {
        self.writes.push((key, None));
    }
}

/// How a commit that reached the store ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// The whole change is on disk.
    Yes,
    /// An expectation did not hold (or might not have), and nothing was written. Read and decide again.
    Conflict,
}

/// Why the store failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Certainly nothing was written: the store is unreachable, stopped or full, or the change is too
    /// large.
    #[error("the database refused: {0}")]
    Refused(String),
    /// Too much is waiting to be written. Certainly nothing of this change was.
    #[error("the database is busy")]
    Busy,
    /// It is not known yet whether the change was written.
    #[error("it is not known whether a change was saved: {0}")]
    InDoubt(String),
    /// The store itself cannot be read. Never reported as "not found".
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// One record cannot be read, so whatever needs it fails. Never reported as "not found".
    #[error(transparent)]
    Unreadable(Box<Unreadable>),
}

impl From<Unreadable> for StoreError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(Box::new(unreadable))
    }
}

/// A record that is stored but cannot be read: its bytes are damaged, or a newer version wrote it. The
/// rest of the store is not affected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record under {key:?} {reason}")]
pub struct Unreadable {
    /// Its key.
    pub key: Key,
    /// What is wrong with it, as the end of a sentence about it.
    pub reason: String,
}

/// A record as it was read, or why it cannot be.
pub type Reading = Result<Versioned, Unreadable>;

/// An ordered map with three operations.
///
/// Reads are current: they see every commit that was acknowledged before they began, and nothing that
/// could still be lost. Only expectations tie a commit to what was read.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The record and version of each key, or nothing, all as of one moment and in the given order.
    ///
    /// # Errors
    /// `Unreadable` if one of them cannot be read, because the answer depends on all of them.
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError>;

    /// The first `limit` records of `span` in key order, as of one moment. Two pages are from two moments.
    /// A record that cannot be read counts too, so that it does not hide its neighbours.
    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Reading)>, StoreError>;

    /// Writes the whole change if every expectation in it holds, and returns when it is durable. Atomic
    /// and serialisable.
    ///
    /// # Errors
    /// `Refused` and `Busy` if certainly nothing was written, `InDoubt` if that is unknown.
    async fn commit(&self, change: Change) -> Result<Committed, StoreError>;

    /// Whether a commit of any class would be accepted now, and if not, why. For `/readyz`.
    fn writable(&self) -> Result<(), StoreError>;
}

/// An email as the mailbox page shows it: rendered, with its link and code, for the operator to read.
#[derive(Clone, Debug)]
pub struct ShownLetter {
    /// The id, which is also the last part of its path.
    pub id: LetterId,
    /// The recipient.
    pub to: EmailAddress,
    /// What it is about, without the code, for lists.
    pub title: String,
    /// The subject line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The link, if the email has one.
    pub link: Option<String>,
    /// The code, if the email has one.
    pub code: Option<String>,
    /// When it would have been sent.
    pub created_at: Timestamp,
}

/// The emails that the mailbox transport keeps instead of sending them. Bounded: the oldest make room.
#[async_trait]
pub trait Mailbox: Send + Sync + 'static {
    /// Newest first; only those to `to` if it is given (compared by mailbox, not by spelling).
    fn letters(&self, to: Option<&EmailAddress>) -> Vec<ShownLetter>;
    /// The email with this id.
    fn letter(&self, id: LetterId) -> Option<ShownLetter>;
    /// How many emails have ever arrived.
    fn arrivals(&self) -> u64;
    /// Returns when `arrivals` is above `seen`.
    async fn arrival_after(&self, seen: u64);
}
