//! Named lists of email addresses.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::record::address::CanonicalAddress;

/// All groups, each with its addresses. Addresses are compared regardless of letter case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups(BTreeMap<String, BTreeSet<CanonicalAddress>>);

impl Groups {
    /// Adds an address to a group, which is created if it is not there.
    pub fn add(&mut self, name: &str, address: CanonicalAddress) {
        self.0.entry(name.to_owned()).or_default().insert(address);
    }

    /// Adds a group without addresses, if it is not there.
    pub fn add_empty(&mut self, name: &str) {
        self.0.entry(name.to_owned()).or_default();
    }

    /// Whether there is a group with this name.
    #[must_use]
    pub fn is_known(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether an address is in a group.
    #[must_use]
    pub fn has(&self, name: &str, address: &CanonicalAddress) -> bool {
        self.0.get(name).is_some_and(|group| group.contains(address))
    }

    /// The names of all groups.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// How many addresses are in all groups together.
    #[must_use]
    pub fn addresses(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// All of them as text, to be compared with those of another node.
    #[must_use]
    pub fn text(&self) -> String {
        let line = |(name, group): (&String, &BTreeSet<CanonicalAddress>)| {
            let addresses: Vec<&str> = group.iter().map(CanonicalAddress::as_str).collect();
            format!("{name}: {}\n", addresses.join(","))
        };
        self.0.iter().map(line).collect()
    }
}
