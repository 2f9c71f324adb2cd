//! A password as it is stored, and everything its hash was computed from.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::domain::record::ids::KeyId;
use crate::domain::record::salt::Salt;

/// The cost of a hash: the parameters of Argon2id (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes, computed one after another.
    pub lanes: u32,
}

impl Default for Cost {
    /// As recommended by OWASP's Password Storage Cheat Sheet.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

/// Everything that determines the hash of a password.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recipe {
    /// Makes the hashes of equal passwords differ.
    pub salt: Salt,
    /// The key whose pepper is in the hash; none in an imported hash.
    pub pepper: Option<KeyId>,
    /// The cost of computing it.
    pub cost: Cost,
    /// The length of the hash in bytes.
    pub length_bytes: u8,
}

impl Recipe {
    /// The way new passwords are hashed.
    #[must_use]
    pub fn new(salt: Salt, pepper: KeyId, cost: Cost) -> Self {
        Self { salt, pepper: Some(pepper), cost, length_bytes: 32 }
    }
}

/// A stored password.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PasswordHash {
    /// How it was computed.
    pub recipe: Recipe,
    /// The hash.
    pub hash: Vec<u8>,
}

impl PasswordHash {
    /// Whether both are hashes of the same password, compared in constant time.
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
