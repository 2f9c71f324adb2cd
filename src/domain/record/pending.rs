//! The registrations of an address that are not confirmed yet.

use super::ids::Nonce;
use super::key::Key;
use super::password::PasswordHash;
use super::time::Timestamp;

/// The newest unconfirmed registrations of an address, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pending(pub(in crate::domain) Vec<PendingRegistration>);

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
        self.0.iter().map(|one| one.over_at).max().unwrap_or_default()
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
