//! The settings of the engine.

use super::cache;

/// How a store is opened and written.
#[derive(Clone, Debug)]
pub struct SledSettings {
    /// The id of a store that has to be created. Random, so that no other store has it. Without one, no store
    /// is created: a folder without a store is the wrong folder, or has lost it.
    pub new_store_id: Option<[u8; 16]>,
    /// Disk space that must stay free.
    pub reserves: Reserves,
    /// How many records are verified before anything is served, in whole slices. The others are verified in
    /// the background or before they are first read.
    pub verified_first: u64,
    /// How much of what was read is kept in memory.
    pub cache_bytes: u64,
    /// How many changes may wait for the writer.
    pub queue: usize,
}

impl SledSettings {
    /// The settings of the product, for a store that is created if there never was one.
    #[must_use]
    pub fn new(new_store_id: [u8; 16]) -> Self {
        Self { new_store_id: Some(new_store_id), ..Self::existing() }
    }

    /// The settings of the product for a store that must be there.
    #[must_use]
    pub fn existing() -> Self {
        Self {
            new_store_id: None,
            reserves: Reserves { usual: 64 << 20, last: 16 << 20 },
            verified_first: 50_000,
            cache_bytes: cache::usual_bytes(),
            queue: 4096,
        }
    }

    /// The same, with so much of what was read in memory.
    #[must_use]
    pub fn with_cache_mib(self, mebibytes: usize) -> Self {
        match mebibytes as u64 {
            0 => self,
            some => Self { cache_bytes: some << 20, ..self },
        }
    }
}

/// Disk space that must stay free, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserves {
    /// With less than this, no change is accepted that makes the store grow, and no store is created.
    pub usual: u64,
    /// With less than this, no change is accepted at all.
    pub last: u64,
}

impl Reserves {
    /// None at all.
    pub const NONE: Self = Self { usual: 0, last: 0 };
}

/// Whether a store has to be the latest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accept {
    /// The side file must show that it is.
    No,
    /// It will count as the latest from now on.
    Yes,
}
