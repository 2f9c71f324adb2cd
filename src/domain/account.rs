//! An account: who may sign in, under one address that was proven.

use super::address::EmailAddress;
use super::ids::AccountId;
use super::time::Timestamp;

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
    /// Moves when everything that was handed out before must die. Requests and sessions remember
    /// the epoch they were made in and are void in any other.
    pub epoch: u32,
    /// Requests to sign in that were asked before this are void: a later one has been used.
    pub sign_in_used: Timestamp,
}
