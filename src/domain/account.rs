//! An account: who may sign in, under one address that was proven.

use super::address::EmailAddress;
use super::ids::{AccountId, Nonce};
use super::password::PasswordHash;
use super::time::Timestamp;
use super::token::{KeyId, Salt};

/// One person's account. It exists only once its mailbox was proven.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Account {
    /// Its name for ever.
    pub id: AccountId,
    /// The proven address, with its local part as it was typed.
    pub address: EmailAddress,
    /// When the address was typed.
    pub registered_at: Timestamp,
    /// When the mailbox was proven.
    pub confirmed_at: Timestamp,
    /// Whether it may do what the operator may.
    pub admin: bool,
    /// Whether the operator has shut it: nobody signs in, and who was signed in is not any more.
    pub disabled: bool,
    /// What its passwords are hashed with, for life.
    pub salt: Salt,
    /// Its password; without one it signs in by mail alone.
    pub password: Option<PasswordHash>,
    /// The change of its address that waits for its mail: the newest alone counts.
    pub pending_change: Option<PendingChange>,
    /// The addresses it had and can be given back, oldest first.
    pub undos: Vec<Undo>,
    /// Moves when everything that was handed out before must die. Requests and sessions remember
    /// the epoch they were made in and are void in any other.
    pub epoch: u32,
    /// Requests to sign in that were asked before this are void: a later one has been used.
    pub sign_in_used: Timestamp,
}

/// A change of address that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PendingChange {
    /// Its request.
    pub nonce: Nonce,
    /// The address it would change to, as it was typed.
    pub address: EmailAddress,
    /// When the request is over.
    pub over_at: Timestamp,
}

/// The right to have an address back. It hangs on no epoch: whoever took the account over cannot take
/// it away but by deleting the account.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Undo {
    /// What its link is sealed over.
    pub nonce: Nonce,
    /// The key it is sealed with.
    pub key: KeyId,
    /// The address to be restored.
    pub address: EmailAddress,
    /// When it is over, and the address free for others.
    pub over_at: Timestamp,
}

/// Who has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Owner {
    /// An account.
    Account(AccountId),
    /// Nobody else yet: the account that had it may have it back.
    Held {
        /// That account.
        by: AccountId,
        /// The undo it is held for.
        undo: Nonce,
        /// Until when.
        over_at: Timestamp,
    },
    /// Nobody any more: what was asked for before it was left is dead.
    Vacated {
        /// When it was left.
        at: Timestamp,
    },
}

impl Account {
    /// The change of address that still waits.
    #[must_use]
    pub fn pending_change(&self, now: Timestamp) -> Option<&PendingChange> {
        self.pending_change.as_ref().filter(|change| now < change.over_at)
    }

    /// The undo with this nonce, while it can be used.
    #[must_use]
    pub fn undo(&self, nonce: Nonce, now: Timestamp) -> Option<&Undo> {
        self.undos.iter().find(|undo| undo.nonce == nonce && now < undo.over_at)
    }

    /// Everything that was handed out before is dead: requests, and all sessions of this epoch.
    pub(super) fn move_epoch(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        self.pending_change = None;
    }
}
