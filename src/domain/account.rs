//! An account: who may sign in, under one address that was proven.

use super::address::EmailAddress;
use super::ids::AccountId;
use super::password::PasswordHash;
use super::time::Timestamp;
use super::token::Salt;

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
    /// Moves when everything that was handed out before must die. Requests and sessions remember
    /// the epoch they were made in and are void in any other.
    pub epoch: u32,
    /// Requests to sign in that were asked before this are void: a later one has been used.
    pub sign_in_used: Timestamp,
}
