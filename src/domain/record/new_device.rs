//! A sign-in on a device that was not known: its owner is notified by email, with a link that secures the account.

use std::net::IpAddr;

use super::address::EmailAddress;
use super::ids::{AccountId, KeyId, Nonce, SessionId};
use super::time::Timestamp;

/// Such a sign-in, under the nonce in the link of its email. No epoch voids that link, and no change of address:
/// someone who knows the password could cause both at once.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewDevice {
    /// The account that was signed in to.
    pub account: AccountId,
    /// Its address then, which the email goes to.
    pub address: EmailAddress,
    /// The session, which the link ends.
    pub session: SessionId,
    /// The key that seals the link.
    pub key: KeyId,
    /// When the sign-in was.
    pub at: Timestamp,
    /// The client's address.
    pub ip: IpAddr,
    /// The client's device.
    pub device: String,
    /// When the link ends.
    pub over_at: Timestamp,
    /// The request for a new password that using the link made. It works once.
    pub led_to: Option<Nonce>,
}
