//! The key ring and every secret derived from it.
//!
//! A token is a few bytes and their tag, made with keyed BLAKE3. Each kind of token has its own key, so no
//! token can be used for two purposes. None is stored: someone with the store but without the key can make
//! none of them. The tag is checked in constant time before any store read.
//!
//! - `ring`: the keys, and everything they seal, open and derive; `ring_key`: one of them
//! - `key_list`: the keys in their order
//! - `key_lines`: the keys as the lines of a file
//! - `known`: what a browser keeps of the accounts it has been signed in to
//! - `code`: the six digits in an email
//! - `place`: a place in a list, from which the next page goes on
//! - `salt`: the salt of an address without an account
//! - `mark`: recognises something seen before without keeping it

mod code;
pub mod key_lines;
mod key_list;
mod known;
mod mark;
mod place;
mod ring;
mod ring_key;
mod salt;

use std::fmt;

use crate::domain::record::ids::{AccountId, KeyId, Nonce, SessionId};

pub use self::code::Code;
pub use self::key_list::KeyRingError;
pub use self::mark::{Mark, Marker};
pub use self::ring::{KeyRing, Pepper};

/// The contents of a link token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkClaims {
    /// The key that seals it.
    pub key: KeyId,
    /// The request.
    pub nonce: Nonce,
    /// The generation of the request.
    pub generation: u8,
}

/// The contents of a session token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionClaims {
    /// The key that seals it.
    pub key: KeyId,
    /// The account.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
}

/// The sealed token in a link. Debug output shows a placeholder.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(pub(super) String);

impl LinkToken {
    /// The token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Proves "I made this request". Kept by the browser or program that did.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestToken(String);

/// Shows that a browser has been signed in to an account.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownToken(String);

/// Keeps someone signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl RequestToken {
    /// The token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl KnownToken {
    /// The token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SessionToken {
    /// The token as text.
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

impl fmt::Debug for KnownToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownToken(…)")
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
