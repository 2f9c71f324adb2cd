//! Finding addresses that a file has twice. Only eight bytes of each are kept, since a file can have
//! millions.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use crate::domain::record::address::CanonicalAddress;

/// The addresses of a file, by their hashes.
#[derive(Default)]
pub(super) struct Addresses(Vec<u64>);

impl Addresses {
    pub(super) fn note(&mut self, address: &CanonicalAddress) {
        self.0.push(hash(address));
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Those that may be in the file twice.
    pub(super) fn repeated(mut self) -> Repeated {
        self.0.sort_unstable();
        let mut hashes: Vec<u64> =
            self.0.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        hashes.dedup();
        Repeated { hashes, first_lines: HashMap::new() }
    }
}

/// Addresses whose hash is in the file twice. Two addresses can share a hash, so the addresses are compared
/// when the file is read again.
pub(super) struct Repeated {
    hashes: Vec<u64>,
    first_lines: HashMap<CanonicalAddress, usize>,
}

impl Repeated {
    pub(super) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The earlier line with the address of this one.
    pub(super) fn earlier(&mut self, line: usize, address: CanonicalAddress) -> Option<usize> {
        if self.hashes.binary_search(&hash(&address)).is_err() {
            return None;
        }
        let first = *self.first_lines.entry(address).or_insert(line);
        (first != line).then_some(first)
    }
}

fn hash(address: &CanonicalAddress) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(address.as_str())
}
