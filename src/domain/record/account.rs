//! An account: one person's way to sign in, under one address that was proven.

use std::time::Duration;

use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::KeyId;
use crate::domain::record::ids::{AccountId, Nonce};
use crate::domain::record::password::PasswordHash;
use crate::domain::record::salt::Salt;
use crate::domain::record::throttle::Throttle;
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
    /// The emails about sign-ins on new devices.
    pub device_emails: DeviceEmails,
    /// The changes that someone signed in has made lately.
    pub changes: Throttle,
}

/// The most emails about new devices that an account gets in a day, for browsers and for programs. Someone who
/// knows the password could otherwise fill the mailbox with them.
const MOST_DEVICE_EMAILS: usize = 3;
/// That day.
const DAY: Duration = Duration::from_hours(24);

/// Whether the owner of an account wants emails about sign-ins on new devices, and when the last ones were
/// queued.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DeviceEmails {
    /// Whether they are turned off.
    pub are_off: bool,
    /// The last ones about browsers, oldest first.
    pub of_browsers: Vec<Timestamp>,
    /// The last ones about programs. These are never recognised, so they are counted apart: a program that signs
    /// in every hour would otherwise use up the emails that a stranger's browser causes.
    pub of_programs: Vec<Timestamp>,
}

impl DeviceEmails {
    /// Counts another one if it is to be sent, and returns whether it is.
    pub(in crate::domain) fn count(&mut self, is_browser: bool, now: Timestamp) -> bool {
        if self.are_off {
            return false;
        }
        let sent = if is_browser { &mut self.of_browsers } else { &mut self.of_programs };
        sent.retain(|at| at.is_within(DAY, now));
        let is_sent = sent.len() < MOST_DEVICE_EMAILS;
        if is_sent {
            sent.push(now);
        }
        is_sent
    }
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

    /// Whether it can do what administrators do.
    #[must_use]
    pub fn is_enabled_admin(&self) -> bool {
        self.admin && !self.disabled
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
