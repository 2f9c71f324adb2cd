//! The keys of records about keys for programs: `key/` by account and id, `key-of/` by the nonce in the secret.

use super::{Key, Span};
use crate::domain::record::ids::{AccountId, AppKeyId, Nonce};

impl Key {
    /// A key for a program. Those of one account are neighbours.
    #[must_use]
    pub fn app_key(account: AccountId, id: AppKeyId) -> Self {
        Self::joined(b"key/", &[&account.0, &id.0])
    }

    /// Where to look for the key with this nonce.
    #[must_use]
    pub fn app_key_of(nonce: Nonce) -> Self {
        Self::joined(b"key-of/", &[&nonce.0])
    }

    /// How many keys an account has made lately.
    #[must_use]
    pub fn app_keys_made(account: AccountId) -> Self {
        Self::joined(b"l/ka", &[&account.0])
    }
}

impl Span {
    /// All keys of an account.
    #[must_use]
    pub fn app_keys(account: AccountId) -> Self {
        Self::prefix(&Key::joined(b"key/", &[&account.0]))
    }

    /// All keys of all accounts.
    #[must_use]
    pub fn all_app_keys() -> Self {
        Self::prefix(&Key::joined(b"key/", &[]))
    }
}
