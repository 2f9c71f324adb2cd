//! An account: who may sign in, under one address that was proven.

use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::KeyId;
use crate::domain::record::ids::{AccountId, Nonce};
use crate::domain::record::password::PasswordHash;
use crate::domain::record::salt::Salt;
use crate::domain::record::time::Timestamp;

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

impl Account {
    /// The account as it is now: a change of address that is over is none.
    pub(in crate::domain) fn at(mut self, now: Timestamp) -> Self {
        self.pending_change = self.pending_change.filter(|change| now < change.over_at);
        self
    }

    /// The undo with this nonce, while it can be used.
    #[must_use]
    pub fn undo(&self, nonce: Nonce, now: Timestamp) -> Option<&Undo> {
        self.undos.iter().find(|undo| undo.nonce == nonce && now < undo.over_at)
    }

    /// Everything that was handed out before is dead: requests, and all sessions of this epoch.
    pub(in crate::domain) fn move_epoch(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        self.pending_change = None;
    }
}
