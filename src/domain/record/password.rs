//! A password as it is stored, and everything its hash was computed from.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::domain::record::ids::KeyId;
use crate::domain::record::salt::Salt;

/// The cost of a hash: the parameters of Argon2id (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
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

/// How a hash is made from the text that was entered, and how the pepper protects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Method {
    /// The prepared password, hashed with the pepper as Argon2's secret.
    Peppered,
    /// The password as it was sent, hashed by another program without a pepper. At the import that hash was
    /// replaced by a keyed hash of it, with the pepper as the key.
    Wrapped,
}

/// Everything that determines the hash of a password.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recipe {
    /// Makes the hashes of equal passwords differ.
    pub salt: Salt,
    /// The key whose pepper is in the hash. Without that key, the stored hash is useless for guessing.
    pub pepper: KeyId,
    /// Where the pepper comes in, and whether the password was prepared.
    pub method: Method,
    /// The cost of computing it.
    pub cost: Cost,
    /// The length in bytes of what Argon2id computes.
    pub length_bytes: u8,
}

impl Recipe {
    /// The way new passwords are hashed.
    #[must_use]
    pub fn new(salt: Salt, pepper: KeyId, cost: Cost) -> Self {
        Self { salt, pepper, method: Method::Peppered, cost, length_bytes: 32 }
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
    /// Whether it was imported, and its owner has not signed in with it since.
    #[must_use]
    pub fn is_imported(&self) -> bool {
        self.recipe.method == Method::Wrapped
    }

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
