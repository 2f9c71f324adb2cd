//! The salt of an address that nobody has an account under.

use crate::domain::address::CanonicalAddress;

/// What a password is hashed with so that two equal ones do not look alike.
pub type Salt = Vec<u8>;

/// A store's own secret-free seed, from which the salt of every address comes that has none.
///
/// A sign-in under an unknown address so computes what one under a known address does, and a
/// registration can be told from a wrong password without a second hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SaltSeed(pub [u8; 32]);

impl SaltSeed {
    const SALT_BYTES: usize = 16;

    /// The salt of an address: always the same in one store, and another in every other.
    #[must_use]
    pub fn salt(&self, address: &CanonicalAddress) -> Salt {
        let hash = blake3::keyed_hash(&self.0, address.as_str().as_bytes());
        hash.as_bytes()[..Self::SALT_BYTES].to_vec()
    }
}
