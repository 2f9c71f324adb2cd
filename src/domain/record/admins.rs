//! The enabled administrators, so that an action can tell in its own commit whether another one remains.

use std::collections::BTreeSet;

use crate::domain::record::ids::AccountId;

/// The ids of the enabled administrators. One record, which is never removed.
///
/// Every change that adds or removes one expects and writes it. So two administrators who remove each other at the same
/// moment exclude each other, and one of them remains.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Admins {
    ids: BTreeSet<AccountId>,
    /// Whether these are all. In a database of an earlier version they are not until its accounts were gone through.
    is_whole: bool,
}

impl Admins {
    /// How many there can be. Each gets an email about a new one, in the commit that makes it.
    pub const MOST: usize = 25;
    /// How many of those that an earlier version allowed are kept, so that the record stays small. Where there are more, the
    /// last ones that are in it are taken for the last ones of all.
    pub const MOST_KEPT: usize = 1_000;

    /// Those of a new database.
    #[must_use]
    pub fn none() -> Self {
        Self { ids: BTreeSet::new(), is_whole: true }
    }

    /// Those of a database whose accounts have to be gone through. From now on none is removed, and new ones are added here.
    #[must_use]
    pub fn begun() -> Self {
        Self { ids: BTreeSet::new(), is_whole: false }
    }

    /// Whether these are all.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// Whether this account is one of them.
    #[must_use]
    pub fn has(&self, id: AccountId) -> bool {
        self.ids.contains(&id)
    }

    /// Their ids.
    pub fn ids(&self) -> impl Iterator<Item = AccountId> {
        self.ids.iter().copied()
    }

    /// The same with these.
    #[must_use]
    pub fn with(mut self, ids: &[AccountId]) -> Self {
        self.ids.extend(ids);
        self
    }

    /// The same without this one.
    #[must_use]
    pub fn without(mut self, id: AccountId) -> Self {
        self.ids.remove(&id);
        self
    }

    /// All of them, with those that were found among the accounts since it was begun.
    #[must_use]
    pub fn completed(self, found: &[AccountId]) -> Self {
        Self { is_whole: true, ..self.with(found) }
    }
}
