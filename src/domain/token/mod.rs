//! The key ring and every secret derived from it.
//!
//! A token is a few bytes and their tag: keyed BLAKE3 under a key of its own kind, so that no
//! token serves two ends. Nothing here is stored: who has the store without the key can
//! make none of these. The tag is checked in constant time before anything is read.

mod code;
mod ring;
mod salt;

use std::fmt;

use crate::domain::record::ids::{AccountId, KeyId, Nonce, SessionId};

pub use self::code::Code;
pub use self::ring::{KeyRing, KeyRingError, Pepper};

/// What the link of a letter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkClaims {
    /// The key it is sealed with.
    pub key: KeyId,
    /// Its request.
    pub nonce: Nonce,
    /// The generation of the request that the letter belongs to.
    pub generation: u8,
}

/// What a session token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionClaims {
    /// The key it is sealed with.
    pub key: KeyId,
    /// Whose session.
    pub account: AccountId,
    /// Which session.
    pub session: SessionId,
}

/// The sealed token in a link. Prints as a placeholder in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(pub(super) String);

impl LinkToken {
    /// The token as it stands in the link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Proves "I am the one who asked", to be kept by the browser or program that did.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestToken(String);

/// Keeps somebody signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl RequestToken {
    /// The token as it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SessionToken {
    /// The token as it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RequestToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestToken(…)")
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}
