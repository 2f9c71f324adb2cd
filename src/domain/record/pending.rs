//! The registrations of an address that are not confirmed yet.

use super::ids::Nonce;
use super::key::Key;
use super::password::PasswordHash;
use super::purpose::Purpose;
use super::time::Timestamp;

/// The newest unconfirmed registrations of an address, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pending {
    pub(in crate::domain) newest: Vec<PendingRegistration>,
    /// When the address was registered: the first of the registrations that have waited there without a gap. Not encoded
    /// with the rest, so that records of earlier versions stay readable.
    #[serde(skip)]
    pub(in crate::domain) registered_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::domain) struct PendingRegistration {
    pub(in crate::domain) nonce: Nonce,
    pub(in crate::domain) over_at: Timestamp,
}

/// The password entered at a registration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum EnteredPassword {
    /// It becomes the account's if the address is confirmed in the browser where it was entered.
    Pending(PasswordHash),
    /// Someone has proven the address since, so it never becomes anyone's: a stranger may have entered it.
    /// It is still compared until the request ends. If it were forgotten, a sign-in with it would reveal
    /// that someone proved the address.
    Dead(PasswordHash),
}

impl EnteredPassword {
    /// For comparing.
    #[must_use]
    pub fn hash(&self) -> &PasswordHash {
        match self {
            Self::Pending(hash) | Self::Dead(hash) => hash,
        }
    }

    /// For the account, if it can still become its password.
    #[must_use]
    pub fn pending(&self) -> Option<&PasswordHash> {
        match self {
            Self::Pending(hash) => Some(hash),
            Self::Dead(_) => None,
        }
    }

    /// The same, for comparing only.
    #[must_use]
    pub fn dead(self) -> Self {
        match self {
            Self::Pending(hash) | Self::Dead(hash) => Self::Dead(hash),
        }
    }
}

impl Pending {
    /// How many registrations of one address are kept: the newest ones.
    const MAX: usize = 3;

    /// When the last of them ends.
    #[must_use]
    pub fn over_at(&self) -> Timestamp {
        self.newest.iter().map(|one| one.over_at).max().unwrap_or_default()
    }

    /// When the address was registered, if one of the registrations still waits. Those from before an account left the
    /// address do not: they are void.
    pub(in crate::domain) fn waits_since(
        &self,
        now: Timestamp,
        left_at: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let last = self.newest.iter().map(|one| one.over_at).filter(|over_at| now < *over_at).max()?;
        // An earlier version did not say when.
        let at = self.registered_at.unwrap_or(last.minus(Purpose::Register.lifetime()));
        left_at.is_none_or(|left_at| left_at < at).then_some(at)
    }

    pub(in crate::domain) fn put(&mut self, newest: PendingRegistration, before: Option<Nonce>) {
        self.newest.retain(|one| Some(one.nonce) != before);
        self.newest.insert(0, newest);
        self.newest.truncate(Self::MAX);
    }

    /// Their requests, the newest first.
    pub(in crate::domain) fn nonces(&self) -> Vec<Nonce> {
        self.newest.iter().map(|one| one.nonce).collect()
    }

    /// The keys of their requests. Always the same number, so that the response time does not reveal how
    /// many there are.
    pub(in crate::domain) fn keys(&self) -> Vec<Key> {
        let nonces = self.newest.iter().map(|one| one.nonce);
        nonces.chain(std::iter::repeat(Nonce([0; 12]))).take(Self::MAX).map(Key::request).collect()
    }
}
