//! The keys of records that exist once in a store.

use super::Key;

impl Key {
    /// Which generation of the store this is.
    #[must_use]
    pub fn store_generation() -> Self {
        Self::joined(b"g/generation", &[])
    }

    /// The import whose last step has not been done.
    #[must_use]
    pub fn unfinished_import() -> Self {
        Self::joined(b"i/", &[])
    }

    /// That the store was restored, and no server has opened it since.
    #[must_use]
    pub fn restored() -> Self {
        Self::joined(b"g/restored", &[])
    }

    /// The enabled administrators.
    #[must_use]
    pub fn admins() -> Self {
        Self::joined(b"admins", &[])
    }

    /// The seed of salts.
    #[must_use]
    pub fn salt_seed() -> Self {
        Self::joined(b"n/", &[])
    }

    /// What every password check computes.
    #[must_use]
    pub fn workload() -> Self {
        Self::joined(b"w/", &[])
    }
}
