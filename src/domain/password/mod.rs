//! Passwords: which new ones are accepted, and how they are hashed.
//!
//! Passwords are hashed with Argon2id and a pepper. All hashes of one address (the account's, or those of
//! its newest unconfirmed registrations) share one [`Recipe`](crate::domain::record::password::Recipe). So
//! a sign-in computes exactly one hash no matter who the address belongs to, and its time reveals nothing.
//!
//! - `policy`, `blocklist`: which passwords are accepted, and the list of common ones
//! - `slots`: the threads that hash
//! - `phc`: reading imported hashes

mod blocklist;
mod phc;
mod policy;
mod slots;

use std::fmt;

use zeroize::Zeroizing;

pub use self::phc::PhcError;
pub use self::policy::{PasswordPolicy, Weakness};
pub(super) use self::slots::Slots;

/// A password exactly as it was entered: never truncated, never changed. Erased from memory when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Longer passwords are refused before they cost anything.
    pub const MAX_BYTES: usize = 1024;

    /// A password from the text of a field.
    #[must_use]
    pub fn new(entered: String) -> Self {
        Self(Zeroizing::new(entered))
    }

    /// Whether the field is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is longer than any accepted password.
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
