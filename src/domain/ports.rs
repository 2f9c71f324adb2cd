//! What the domain asks of the world outside: a store, a clock, entropy and a mailbox to look into.
//! Each trait says what it promises; engines keep the promise and know nothing of the acts.

use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::record::ids::LetterId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::time::Timestamp;

/// The state of a key at one moment. Opaque: compared for equality, never ordered, and never given
/// twice to one key, not even after it was deleted and written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u64);

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// What stands under the key.
    pub record: Record,
    /// Its version, to be expected by the change that leans on it.
    pub version: Version,
}

/// One act's whole effect: what it leaned on and what it writes.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// A key and the version it must still have; `None` when it must still be absent.
    pub expectations: Vec<(Key, Option<Version>)>,
    /// A key and its new record; `None` deletes it. A key stands here once.
    pub writes: Vec<(Key, Option<Record>)>,
}

impl Change {
    /// Most writes one change may hold.
    pub const MAX_WRITES: usize = 100;
    /// Most expectations one change may hold.
    pub const MAX_EXPECTATIONS: usize = 100;
    /// Most bytes one change may hold, keys and records as they are at rest.
    pub const MAX_BYTES: usize = 256 * 1024;
    /// The longest key.
    pub const MAX_KEY_BYTES: usize = 512;
    /// The longest record at rest.
    pub const MAX_RECORD_BYTES: usize = 60 * 1024;

    /// A change that does nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Commits only if `key` still has `version` (`None`: is still absent).
    pub fn expect(&mut self, key: Key, version: Option<Version>) {
        self.expectations.push((key, version));
    }

    /// Writes `record` under `key`.
    pub fn put(&mut self, key: Key, record: Record) {
        self.writes.push((key, Some(record)));
    }

    /// Deletes `key`; no mistake when it is absent.
    pub fn delete(&mut self, key: Key) {
        self.writes.push((key, None));
    }
}

/// How a commit that reached the store ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Everything in the change is on the disk.
    Yes,
    /// An expectation did not hold (or might not have): nothing was written. Read and decide again.
    Conflict,
}

/// Why the store could not do its part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Surely nothing was written: out of reach, stopped, full, or the change is too large.
    #[error("the database refused: {0}")]
    Refused(String),
    /// More is waiting to be written than the store takes in; surely nothing was written.
    #[error("the database is busy")]
    Busy,
    /// Nobody can know yet whether the change was written.
    #[error("it is not known whether a change was saved: {0}")]
    InDoubt(String),
    /// What stands in the store cannot be read. An error, never "not found".
    #[error("the database is damaged: {0}")]
    Damaged(String),
}

/// An ordered map with three verbs.
///
/// Reads are current: they see every commit that was answered before they began, and nothing that
/// could still be lost. Nothing but expectations ties a commit to what was read.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// For each key its record and version, or nothing, all as of one moment and in the order asked.
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError>;

    /// The first `limit` records of `span` in the order of their keys, as of one moment. Two pages
    /// are two moments.
    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Versioned)>, StoreError>;

    /// Writes the whole change if every expectation in it holds, and answers when it is durable.
    /// Atomic and serialisable.
    ///
    /// # Errors
    /// `Refused` and `Busy` when surely nothing was written, `InDoubt` when nobody can know.
    async fn commit(&self, change: Change) -> Result<Committed, StoreError>;

    /// Whether a commit would be taken now; the reason if not. For `/readyz`.
    fn writable(&self) -> Result<(), StoreError>;
}

/// The only clock. Tests move theirs by hand.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The time, in milliseconds since 1970 (UTC).
    fn now(&self) -> Timestamp;
    /// Returns once `now` is `at` or later.
    async fn sleep_until(&self, at: Timestamp);
}

/// The only source of randomness. Fit for keys; tests seed theirs.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// Clock and entropy: all that makes one run differ from another.
#[derive(Clone)]
pub struct World {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

impl World {
    /// `N` random bytes.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// The time, in milliseconds since 1970 (UTC).
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// A letter as the mailbox page shows it: rendered, with its secrets, for the operator's own eyes.
#[derive(Clone, Debug)]
pub struct ShownLetter {
    /// The letter's id, also the last part of its path.
    pub id: LetterId,
    /// To whom it went.
    pub to: EmailAddress,
    /// What it is about, without a code: how a list names it.
    pub title: String,
    /// Its subject line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The link alone, when the letter has one.
    pub link: Option<String>,
    /// The code alone, when the letter has one.
    pub code: Option<String>,
    /// When it was "sent".
    pub created_at: Timestamp,
}

/// The letters that were "sent" by the mailbox transport. Bounded: the oldest make room.
#[async_trait]
pub trait Mailbox: Send + Sync + 'static {
    /// Newest first; only those to `to` when it is given (compared canonically).
    fn letters(&self, to: Option<&EmailAddress>) -> Vec<ShownLetter>;
    /// The letter with this id.
    fn letter(&self, id: LetterId) -> Option<ShownLetter>;
    /// How many letters ever came: grows by one with each.
    fn arrivals(&self) -> u64;
    /// Returns once `arrivals` is above `seen`.
    async fn arrival_after(&self, seen: u64);
}
