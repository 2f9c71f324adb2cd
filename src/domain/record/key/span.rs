//! Ranges of keys, to scan.

use super::Key;
use crate::domain::record::ids::AccountId;
use crate::domain::record::letter::Queue;
use crate::domain::record::time::Timestamp;

/// A range of keys, from the first (included) to the last (excluded).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first key in the range.
    pub from: Key,
    /// The first key after the range.
    pub until: Key,
}

impl Span {
    /// All records.
    #[must_use]
    pub fn records() -> Self {
        Self { from: Key(vec![1]), until: Key(vec![u8::MAX]) }
    }

    /// All addresses that belong to someone, in order.
    #[must_use]
    pub fn owners() -> Self {
        Self::prefix(&Key::joined(b"e/", &[]))
    }

    /// All accounts.
    #[must_use]
    pub fn accounts() -> Self {
        Self::prefix(&Key::joined(b"a/", &[]))
    }

    /// All sessions of all accounts.
    #[must_use]
    pub fn all_sessions() -> Self {
        Self::prefix(&Key::joined(b"s/", &[]))
    }

    /// All requests.
    #[must_use]
    pub fn requests() -> Self {
        Self::prefix(&Key::joined(b"r/", &[]))
    }

    /// All sign-ins on new devices.
    #[must_use]
    pub fn new_devices() -> Self {
        Self::prefix(&Key::joined(b"f/", &[]))
    }

    /// All sessions of an account.
    #[must_use]
    pub fn sessions(account: AccountId) -> Self {
        Self::prefix(&Key::joined(b"s/", &[&account.0]))
    }

    /// The events of an account, newest first.
    #[must_use]
    pub fn history(account: AccountId) -> Self {
        Self::prefix(&Key::joined(b"h/", &[&account.0]))
    }

    /// The refusals counted for an account, newest first.
    #[must_use]
    pub fn refusals(account: AccountId) -> Self {
        Self::prefix(&Key::joined(b"c/", &[&account.0]))
    }

    /// Those that began at `since` or later.
    #[must_use]
    pub fn refusals_since(account: AccountId, since: Timestamp) -> Self {
        let until = (u64::MAX - since.0).saturating_add(1).to_be_bytes();
        Self { until: Key::joined(b"c/", &[&account.0, &until]), ..Self::refusals(account) }
    }

    /// Deleted accounts with records left to remove.
    #[must_use]
    pub fn remains() -> Self {
        Self::prefix(&Key::joined(b"d/", &[]))
    }

    /// The requests an account made, and the sign-ins to it on new devices.
    #[must_use]
    pub fn asked(account: AccountId) -> Self {
        Self::prefix(&Key::joined(b"q/", &[&account.0]))
    }

    /// The emails of a queue, the next due first.
    #[must_use]
    pub fn queue(queue: Queue) -> Self {
        Self::prefix(&Key::joined(b"o/", &[&[queue.mark()]]))
    }

    /// The emails of a queue that are due at `now` or earlier, the longest overdue first.
    #[must_use]
    pub fn queue_due(queue: Queue, now: Timestamp) -> Self {
        Self::timed(&Key::joined(b"o/", &[&[queue.mark()]]).0, now)
    }

    /// The emails of a queue that are due later than `at`.
    #[must_use]
    pub fn queue_after(queue: Queue, at: Timestamp) -> Self {
        Self { from: Self::queue_due(queue, at).until, ..Self::queue(queue) }
    }

    /// The whole outbox, queue by queue, the next due first.
    #[must_use]
    pub fn letters() -> Self {
        Self::prefix(&Key::joined(b"o/", &[]))
    }

    /// Expiry marks of `now` or earlier.
    #[must_use]
    pub fn expired(now: Timestamp) -> Self {
        Self::timed(b"x/", now)
    }

    /// All expiry marks.
    #[must_use]
    pub fn marks() -> Self {
        Self::prefix(&Key::joined(b"x/", &[]))
    }

    /// The marks of refusals that began at `at` or earlier.
    #[must_use]
    pub fn counted_until(at: Timestamp) -> Self {
        Self::timed(b"y/", at)
    }

    /// All events of `at` or earlier, the oldest first.
    #[must_use]
    pub fn events_until(at: Timestamp) -> Self {
        Self::timed(b"v/", at)
    }

    /// All events of `from` or later, the oldest first.
    #[must_use]
    pub fn events(from: Timestamp) -> Self {
        Self { from: Key::joined(b"v/", &[&from.0.to_be_bytes()]), ..Self::prefix(&Key::joined(b"v/", &[])) }
    }

    /// All key checks.
    #[must_use]
    pub fn key_checks() -> Self {
        Self::prefix(&Key::joined(b"k/", &[]))
    }

    /// The rest of this range after `key`, where the next page of a scan begins.
    #[must_use]
    pub fn after(&self, key: &Key) -> Self {
        let mut from = key.0.clone();
        from.push(0);
        Self { from: Key(from), until: self.until.clone() }
    }

    /// Whether `key` is in the range.
    #[must_use]
    pub fn holds(&self, key: &Key) -> bool {
        self.from <= *key && *key < self.until
    }

    pub(super) fn prefix(prefix: &Key) -> Self {
        let mut until = prefix.0.clone();
        // The first key after a prefix is the prefix with its last byte increased; 0xff carries over.
        while let Some(last) = until.pop() {
            if let Some(next) = last.checked_add(1) {
                until.push(next);
                break;
            }
        }
        Self { from: prefix.clone(), until: Key(until) }
    }

    fn timed(prefix: &[u8], now: Timestamp) -> Self {
        let until = now.0.saturating_add(1).to_be_bytes();
        Self { from: Key(prefix.to_vec()), until: Key::joined(prefix, &[&until]) }
    }
}

impl Key {
    /// The account whose history or requests this key lists, or nothing for another kind of key.
    #[must_use]
    pub fn listed_under(&self) -> Option<AccountId> {
        let rest = self.0.strip_prefix(b"h/").or_else(|| self.0.strip_prefix(b"q/"))?;
        Some(AccountId(*rest.first_chunk()?))
    }
}
