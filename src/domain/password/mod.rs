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

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub use self::phc::PhcError;
pub use self::policy::{PasswordPolicy, Weakness};
pub(super) use self::slots::Slots;
use super::token::{KeyId, Salt};

/// A password as it was typed: exact bytes, never cut, never folded. Leaves memory when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Longer ones are refused before they cost anything.
    pub const MAX_BYTES: usize = 1024;

    /// Takes what was typed.
    #[must_use]
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
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

/// What a hash costs: the parameters of Argon2id (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes; they are computed one after another.
    pub lanes: u32,
}

impl Default for Cost {
    /// OWASP, Password Storage Cheat Sheet.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

/// All that makes one password always the same hash.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recipe {
    /// What keeps equal passwords apart.
    pub salt: Salt,
    /// The key of the ring whose pepper is in it; none in a hash that came from elsewhere.
    pub pepper: Option<KeyId>,
    /// What it costs.
    pub cost: Cost,
    /// How many bytes come out.
    pub length_bytes: u8,
}

impl Recipe {
    /// As passwords are hashed today.
    #[must_use]
    pub fn new(salt: Salt, pepper: KeyId, cost: Cost) -> Self {
        Self { salt, pepper: Some(pepper), cost, length_bytes: 32 }
    }
}

/// A password as it is kept.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PasswordHash {
    /// How it was computed.
    pub recipe: Recipe,
    /// What came out.
    pub hash: Vec<u8>,
}

impl PasswordHash {
    /// Whether both are of one password. Takes the same time for every other one.
    #[must_use]
    pub fn is_of_same_password(&self, other: &Self) -> bool {
        self.recipe == other.recipe && bool::from(self.hash.ct_eq(&other.hash))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}
