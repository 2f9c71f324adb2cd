//! A store's generation: how often it was restored.

/// How often a store was restored. Restoring brings back sessions that were ended since and links that were
/// used since, so those of an earlier generation are dead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StoreGeneration(pub u32);

impl StoreGeneration {
    /// The one that begins when the store is restored.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}
