//! The registrations of an address that are not confirmed yet.

use super::ids::Nonce;
use super::key::Key;
use super::time::Timestamp;

/// The newest unconfirmed registrations of an address, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pending(pub(in crate::domain) Vec<PendingRegistration>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::domain) struct PendingRegistration {
    pub(in crate::domain) nonce: Nonce,
    pub(in crate::domain) over_at: Timestamp,
}

impl Pending {
    /// How many registrations of one address are kept: the newest ones.
    const MAX: usize = 3;

    /// When the last of them ends.
    #[must_use]
    pub fn over_at(&self) -> Timestamp {
        self.0.iter().map(|one| one.over_at).max().unwrap_or_default()
    }

    pub(in crate::domain) fn holds(&self, nonce: Nonce) -> bool {
        self.0.iter().any(|one| one.nonce == nonce)
    }

    pub(in crate::domain) fn put(&mut self, newest: PendingRegistration, before: Option<Nonce>) {
        self.0.retain(|one| Some(one.nonce) != before);
        self.0.insert(0, newest);
        self.0.truncate(Self::MAX);
    }

    /// The keys of their requests. Always the same number, so that the response time does not reveal how
    /// many there are.
    pub(in crate::domain) fn keys(&self) -> Vec<Key> {
        let nonces = self.0.iter().map(|one| one.nonce);
        nonces.chain(std::iter::repeat(Nonce([0; 12]))).take(Self::MAX).map(Key::request).collect()
    }
}
