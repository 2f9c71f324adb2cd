//! A digest of records that commits update without reading the other records.

use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

const RECORDS_BYTES: usize = 8;

/// How many records there are, and the wrapping sum of their weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) records: u64,
    pub(super) sum: u128,
}

impl Digest {
    pub(super) fn add(&mut self, key: &[u8], stored: &[u8]) {
        self.include(weight(key, stored));
    }

    /// Adds a record with this weight.
    pub(super) fn include(&mut self, weight: u128) {
        self.records = self.records.wrapping_add(1);
        self.sum = self.sum.wrapping_add(weight);
    }

    pub(super) fn remove(&mut self, key: &[u8], stored: &[u8]) {
        self.records = self.records.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(weight(key, stored));
    }

    /// The digest of both.
    pub(super) fn and(self, other: Self) -> Self {
        Self { records: self.records.wrapping_add(other.records), sum: self.sum.wrapping_add(other.sum) }
    }

    /// The digest without the records of the other.
    pub(super) fn less(self, other: Self) -> Self {
        Self { records: self.records.wrapping_sub(other.records), sum: self.sum.wrapping_sub(other.sum) }
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        [self.records.to_be_bytes().as_slice(), self.sum.to_be_bytes().as_slice()].concat()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (records, sum) = bytes.split_first_chunk::<RECORDS_BYTES>()?;
        Some(Self { records: u64::from_be_bytes(*records), sum: u128::from_be_bytes(sum.try_into().ok()?) })
    }
}

/// What a record adds to a digest.
pub(super) fn weight(key: &[u8], stored: &[u8]) -> u128 {
    xxh3_128_with_seed(stored, xxh3_64(key))
}
