//! An account: one person's way to sign in, under one address that was proven.

use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::KeyId;
use crate::domain::record::ids::{AccountId, Nonce};
use crate::domain::record::password::PasswordHash;
use crate::domain::record::salt::Salt;
use crate::domain::record::time::Timestamp;

/// An account. It exists only once its mailbox was proven.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Account {
    /// Permanent identifier.
    pub id: AccountId,
    /// The proven address, with its local part as it was entered.
    pub address: EmailAddress,
    /// When the address was entered.
    pub registered_at: Timestamp,
    /// When the mailbox was proven.
    pub confirmed_at: Timestamp,
    /// Whether its owner is an administrator.
    pub admin: bool,
    /// Whether the operator has disabled it: no one can sign in to it or stay signed in.
    pub disabled: bool,
    /// The salt of all its passwords, for the account's lifetime.
    pub salt: Salt,
    /// The password. Without one, its owner signs in by email.
    pub password: Option<PasswordHash>,
    /// The change of address that is waiting for its email. Only the newest counts.
    pub pending_change: Option<PendingChange>,
    /// The previous addresses it can be given back, oldest first.
    pub undos: Vec<Undo>,
    /// Moves when everything handed out before must stop working. Requests and sessions remember the epoch
    /// they were created in and are void in any other.
    pub epoch: u32,
    /// Sign-in requests made before this time are void, because a later one has been used.
    pub sign_in_used: Timestamp,
}

/// A requested change of address.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PendingChange {
    /// The request.
    pub nonce: Nonce,
    /// The new address, as it was entered.
    pub address: EmailAddress,
    /// When the request ends.
    pub over_at: Timestamp,
}

/// The right to get an address back. No epoch voids it, so someone who took over the account cannot remove
/// it except by deleting the account.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Undo {
    /// The nonce in its link.
    pub nonce: Nonce,
    /// The key that seals its link.
    pub key: KeyId,
    /// The address to restore.
    pub address: EmailAddress,
    /// When it ends and the address is free for others.
    pub over_at: Timestamp,
}

impl Account {
    /// The account as of `now`, the earliest time it can be: a pending change that has expired is dropped.
    pub(in crate::domain) fn at(mut self, now: Timestamp) -> Self {
        self.pending_change = self.pending_change.filter(|change| now < change.over_at);
        self
    }

    /// The undo with this nonce, if it can still be used at `now`, the earliest time it can be. While the
    /// address is reserved for it, it works.
    #[must_use]
    pub fn undo(&self, nonce: Nonce, now: Timestamp) -> Option<&Undo> {
        self.undos.iter().find(|undo| undo.nonce == nonce && now < undo.over_at)
    }

    /// Voids everything handed out before: all requests, and all sessions of this epoch.
    pub(in crate::domain) fn move_epoch(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        self.pending_change = None;
    }
}
