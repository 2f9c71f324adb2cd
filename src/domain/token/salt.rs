//! The salt of an address that has no account.

use crate::domain::record::address::CanonicalAddress;
use crate::domain::record::salt::{Salt, SaltSeed};

impl SaltSeed {
    const SALT_BYTES: usize = 16;

    /// The salt of an address: always the same in one store, and different in every other one.
    #[must_use]
    pub fn salt(&self, address: &CanonicalAddress) -> Salt {
        let hash = blake3::keyed_hash(&self.0, address.as_str().as_bytes());
        hash.as_bytes()[..Self::SALT_BYTES].to_vec()
    }
}
