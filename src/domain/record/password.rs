//! A password as it is stored, and everything that hash was computed from.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::domain::record::ids::KeyId;
use crate::domain::record::salt::Salt;

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
