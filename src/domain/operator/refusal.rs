//! Why a command of the operator is refused.

use crate::domain::error::Error;
use crate::domain::record::address::EmailAddress;

/// Why a command of the operator is refused. No door says any of this: otherwise a stranger would learn
/// who has an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The address already has an account.
    #[error("{0} already has an account")]
    AddressTaken(EmailAddress),
    /// An account that changed its address may still undo that.
    #[error("{0} is reserved for a week by the account that used it before")]
    AddressHeld(EmailAddress),
    /// The address has no account.
    #[error("no account for {0}")]
    NoAccount(EmailAddress),
    /// The account is disabled, so no link would sign in.
    #[error("the account {0} is disabled; enable it first")]
    Disabled(EmailAddress),
    /// The ring has no such key.
    #[error("there is no key {0}; see `gatepost key list`")]
    NoKey(u8),
    /// It is the newest key.
    #[error("key {0} is used for everything new; run `gatepost key rotate` first")]
    KeySeals(u8),
    /// A key file lacks a key of the store, or has another one with its id.
    #[error("the key file lacks key {0}, which this database needs; restore it from your backup")]
    OtherKeys(u8),
    /// Nodes cannot open what a key seals.
    #[error(
        "key {0} is not yet at {1}; copy the key file to every node, which reads it by itself within seconds, then run \
         this again"
    )]
    NodesLackKey(u8, String),
    /// Nodes seal with a key.
    #[error("key {0} is still used for everything new by {1}; run this again in a few seconds")]
    NodesSeal(u8, String),
    /// Nodes have keys that this one lacks.
    #[error("there is a key at {0} that this node lacks; copy its key file here first")]
    NodeHasKeys(String),
    /// Every number was used once.
    #[error("every number for a key has been used")]
    NoId,
    /// A reason for which any action can be refused.
    #[error(transparent)]
    House(#[from] Error),
}
