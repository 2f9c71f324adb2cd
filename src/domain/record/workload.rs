//! What every password check computes, whoever the address belongs to.
//!
//! Hashes of several kinds are stored while imported passwords wait for their first sign-in, and hashes with
//! several salts can belong to one address. If a check computed only what its address needs, its time would
//! reveal what the address has. So every check computes the whole list, the same hashes in the same order;
//! those its address does not need are thrown away. Nothing is measured and nothing waits, so the times stay
//! equal on a busy machine too.

use crate::domain::record::password::{Cost, PasswordHash};
use crate::domain::record::time::Timestamp;

/// The hashes that passwords of this store may need. Kept by the commits that add or replace such passwords,
/// never found out by a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Workload {
    /// How many imported hashes of each cost are stored.
    imported: Vec<(Cost, u64)>,
    /// The most recipes of our own that passwords of one address have.
    at_one_address: u8,
    /// When that ends: by then, all registrations with another recipe than their address's account are over.
    until: Timestamp,
}

impl Workload {
    /// How many costs the imported hashes of a store can have. Each makes every password check longer.
    pub const MAX_IMPORTED_COSTS: usize = 4;

    /// The costs of all hashes that a check computes, if `own` is the cost of new ones.
    #[must_use]
    pub fn costs(&self, own: Cost, now: Timestamp) -> Vec<Cost> {
        let own_count = if now < self.until { self.at_one_address.max(1) } else { 1 };
        let own = std::iter::repeat_n(own, usize::from(own_count));
        own.chain(self.imported.iter().map(|(cost, _)| *cost)).collect()
    }

    /// Counts that an account has the hash `after` from now on, instead of `before`.
    pub(in crate::domain) fn replace(&mut self, before: Option<&PasswordHash>, after: Option<&PasswordHash>) {
        for hash in before.into_iter().filter(|hash| hash.is_imported()) {
            if let Some((_, count)) = self.imported.iter_mut().find(|(cost, _)| *cost == hash.recipe.cost) {
                *count = count.saturating_sub(1);
            }
        }
        for hash in after.into_iter().filter(|hash| hash.is_imported()) {
            match self.imported.iter_mut().find(|(cost, _)| *cost == hash.recipe.cost) {
                Some((_, count)) => *count += 1,
                None => self.imported.push((hash.recipe.cost, 1)),
            }
        }
        self.imported.retain(|(_, count)| *count > 0);
    }

    /// Notes that the passwords of one address have `count` recipes of our own, at most until `until`.
    pub(in crate::domain) fn note_recipes(&mut self, count: u8, until: Timestamp, now: Timestamp) {
        if self.until <= now {
            (self.at_one_address, self.until) = (0, Timestamp::default());
        }
        self.at_one_address = self.at_one_address.max(count);
        self.until = self.until.max(until);
    }

    /// Whether the imported hashes have more costs than a store can have.
    pub(in crate::domain) fn has_too_many_costs(&self) -> bool {
        self.imported.len() > Self::MAX_IMPORTED_COSTS
    }

    /// Whether nothing is left that makes a check longer than usual.
    pub(in crate::domain) fn is_usual(&self, now: Timestamp) -> bool {
        self.imported.is_empty() && self.until <= now
    }
}
