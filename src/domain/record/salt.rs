//! The salt of a password.

/// Hashed together with a password, so that the hashes of equal passwords differ.
pub type Salt = Vec<u8>;

/// The seed from which an address without an account gets its salt. Stored, and not a secret.
///
/// It makes a sign-in with an unknown address compute the same as one with a known address, and recognises
/// the password of an unconfirmed registration without a second hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SaltSeed(pub [u8; 32]);
