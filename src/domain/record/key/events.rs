//! Where what has happened is looked through, newest first.

use super::{Key, Span};
use crate::domain::record::ids::AccountId;
use crate::domain::record::time::Timestamp;

impl Key {
    /// When the event or the count of refusals under this key was, or nothing for another kind of key.
    #[must_use]
    pub fn happened_at(&self) -> Option<Timestamp> {
        let rest = self.0.strip_prefix(b"v/").or_else(|| self.0.strip_prefix(b"y/"))?;
        Some(Timestamp(u64::from_be_bytes(*rest.first_chunk()?)))
    }
}

impl Span {
    /// The events from `from` to `until`, both included.
    #[must_use]
    pub fn events_between(from: Timestamp, until: Timestamp) -> Self {
        Self::between(b"v/", from, until)
    }

    /// The marks of refusals that began from `from` to `until`, both included.
    #[must_use]
    pub fn counted_between(from: Timestamp, until: Timestamp) -> Self {
        Self::between(b"y/", from, until)
    }

    /// The events of an account at `until` or earlier, newest first.
    #[must_use]
    pub fn history_until(account: AccountId, until: Timestamp) -> Self {
        let from = Key::joined(b"h/", &[&account.0, &(u64::MAX - until.0).to_be_bytes()]);
        Self { from, ..Self::history(account) }
    }

    /// The refusals of an account that began at `until` or earlier, newest first.
    #[must_use]
    pub fn refusals_until(account: AccountId, until: Timestamp) -> Self {
        let from = Key::joined(b"c/", &[&account.0, &(u64::MAX - until.0).to_be_bytes()]);
        Self { from, ..Self::refusals(account) }
    }

    fn between(prefix: &[u8], from: Timestamp, until: Timestamp) -> Self {
        let end = until.0.saturating_add(1).to_be_bytes();
        Self { from: Key::joined(prefix, &[&from.0.to_be_bytes()]), until: Key::joined(prefix, &[&end]) }
    }
}
