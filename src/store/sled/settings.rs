//! The settings of the engine, and the result of verifying a store.

/// How a store is opened and written.
#[derive(Clone, Debug)]
pub struct SledSettings {
    /// The id of a store that has to be created. Random, so that no other store has it.
    pub new_store_id: [u8; 16],
    /// Free disk space below which no change is accepted and no store is created.
    pub reserve_bytes: u64,
    /// How many changes may wait for the writer.
    pub queue: usize,
}

impl SledSettings {
    /// The settings of the product.
    #[must_use]
    pub fn new(new_store_id: [u8; 16]) -> Self {
        Self { new_store_id, reserve_bytes: 64 << 20, queue: 4096 }
    }
}

/// Whether verifying a store also accepts it as the latest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// Only verify.
    No,
    /// Write a new side file, so that this store counts as the latest from now on. A damaged store
    /// is refused all the same.
    Yes,
}

/// A store that was verified, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Records in it.
    pub records: u64,
    /// Commits since it was created.
    pub commits: u64,
}
