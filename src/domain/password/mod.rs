//! Passwords: which are taken, and how they are kept.
//!
//! A password is hashed with Argon2id and a pepper. All hashes under one address (the account's, or
//! those of the newest registrations that wait for their mail) share one [`Recipe`], so a sign-in
//! computes exactly one hash whoever is behind the address, and its time tells nothing.

mod blocklist;
mod phc;
mod policy;
mod slots;

use std::fmt;

use zeroize::Zeroizing;

pub use self::phc::PhcError;
pub use self::policy::{PasswordPolicy, Weakness};
pub(super) use self::slots::Slots;

/// A password as it was typed: exact bytes, never cut, never folded. Leaves memory when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Longer ones are refused before they cost anything.
    pub const MAX_BYTES: usize = 1024;

    /// Takes what was typed.
    #[must_use]
    pub fn new(entered: String) -> Self {
        Self(Zeroizing::new(entered))
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is longer than any password here can be.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.0.len() > Self::MAX_BYTES
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
