//! The salt of a password.

/// What a password is hashed with, so that the hashes of two equal passwords differ.
pub type Salt = Vec<u8>;

/// The store's own seed, from which an address without an account gets its salt. Not a secret.
///
/// A sign-in with an unknown address therefore computes the same as one with a known address, and a
/// registration can be told from a wrong password without a second hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SaltSeed(pub [u8; 32]);
