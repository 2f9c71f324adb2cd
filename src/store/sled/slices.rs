//! The digest of the store in slices, each of them a range of keys with the number of its records and their
//! digest. Together the slices are the tally. A commit writes the slices it changes in its own batch, so a
//! slice can be verified at any time by reading only its range, and a start does not have to read everything.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Included, Unbounded};

use sled::{Batch, Db, IVec};

use super::digest::Digest;
use super::tally::{FIRST_KEY, TALLY_KEY, Tally};

/// Before the first key of a slice, this makes the key of its digest.
pub(super) const PREFIX: &[u8] = b"\0slice/";
/// The first key after all digests of slices.
const PREFIX_END: &[u8] = b"\0slice0";
/// How many records a slice has when it is cut, and a joined one at most.
pub(super) const USUAL: usize = 512;

/// A slice, and whether its records were compared with its digest since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) digest: Digest,
    pub(super) is_verified: bool,
}

/// The keys of a slice: from the first to the one before `until`, or to the last of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: Vec<u8>,
    pub(super) until: Option<Vec<u8>>,
}

impl Range {
    pub(super) fn holds(&self, key: &[u8]) -> bool {
        self.from.as_slice() <= key && self.until.as_ref().is_none_or(|until| key < until.as_slice())
    }
}

/// All slices by their first key. The first slice begins before all keys, so every key is in one.
#[derive(Clone, Debug)]
pub(super) struct Slices {
    slices: BTreeMap<Vec<u8>, Slice>,
    /// The first keys of those that were not verified.
    unverified: BTreeSet<Vec<u8>>,
}

/// What a commit changes: a slice by its first key, or nothing where that slice becomes part of the one
/// before it.
pub(super) type Recut = BTreeMap<Vec<u8>, Option<Digest>>;

impl Slices {
    /// These slices, none of them verified.
    pub(super) fn of(digests: BTreeMap<Vec<u8>, Digest>) -> Self {
        let unverified = digests.keys().cloned().collect();
        let slice = |(from, digest)| (from, Slice { digest, is_verified: false });
        Self { slices: digests.into_iter().map(slice).collect(), unverified }
    }

    /// Reads the slices of a store; `None` if they are not as they were written.
    pub(super) fn read(db: &Db) -> sled::Result<Option<Self>> {
        let mut digests = BTreeMap::new();
        for entry in db.range(PREFIX..PREFIX_END) {
            let (key, value) = entry?;
            let Some(digest) = Digest::from_bytes(&value) else { return Ok(None) };
            digests.insert(key[PREFIX.len()..].to_vec(), digest);
        }
        Ok(digests.contains_key([].as_slice()).then(|| Self::of(digests)))
    }

    /// The digest of all records.
    pub(super) fn total(&self) -> Digest {
        self.slices.values().fold(Digest::default(), |sum, slice| sum.and(slice.digest))
    }

    /// The slice that `key` is in, with its first key.
    pub(super) fn at(&self, key: &[u8]) -> (&[u8], Slice) {
        let found = self.slices.range::<[u8], _>((Unbounded, Included(key))).next_back();
        let (from, slice) = found.expect("the first slice begins before all keys");
        (from, *slice)
    }

    /// The digest of the slice that begins with `from`, or that of nothing if none does.
    pub(super) fn starting_at(&self, from: &[u8]) -> Digest {
        self.slices.get(from).map_or_else(Digest::default, |slice| slice.digest)
    }

    /// The slice before the one that begins with `from`.
    pub(super) fn before(&self, from: &[u8]) -> Option<(&[u8], Slice)> {
        let before = self.slices.range::<[u8], _>((Unbounded, Excluded(from))).next_back();
        before.map(|(from, slice)| (from.as_slice(), *slice))
    }

    /// The keys of the slice that `key` is in.
    pub(super) fn range_at(&self, key: &[u8]) -> Range {
        let from = self.at(key).0.to_vec();
        let until = self.slices.range::<[u8], _>((Excluded(from.as_slice()), Unbounded)).next();
        let until = until.map(|(from, _)| from.clone());
        Range { from, until }
    }

    /// The first slice that was not verified among the one that `from` is in and those after it.
    pub(super) fn unverified_after(&self, from: &[u8]) -> Option<Range> {
        let first = self.at(from).0;
        let found = self.unverified.range::<[u8], _>((Included(first), Unbounded)).next();
        found.map(|from| self.range_at(from))
    }

    /// Whether all were verified since the start.
    pub(super) fn are_verified(&self) -> bool {
        self.unverified.is_empty()
    }

    /// The slice that begins with `from` was verified.
    pub(super) fn note_verified(&mut self, from: &[u8]) {
        if let Some(slice) = self.slices.get_mut(from).filter(|slice| !slice.is_verified) {
            slice.is_verified = true;
            self.unverified.remove(from);
        }
    }

    /// A commit is durable. Only verified slices are changed.
    pub(super) fn apply(&mut self, recut: Recut) {
        for (from, digest) in recut {
            match digest {
                Some(digest) => self.slices.insert(from, Slice { digest, is_verified: true }),
                None => self.slices.remove(&from),
            };
        }
    }

    /// The batch that writes all of them, and the tally, into a store that has none yet.
    pub(super) fn batch(&self, tally: Tally) -> Batch {
        let mut batch = Batch::default();
        for (from, slice) in &self.slices {
            batch.insert([PREFIX, from].concat(), slice.digest.to_bytes());
        }
        batch.insert(TALLY_KEY, tally.to_bytes().as_slice());
        batch
    }
}

/// Cuts a store into slices that has none yet.
pub(super) struct Cutter {
    slices: BTreeMap<Vec<u8>, Digest>,
    total: Digest,
}

impl Cutter {
    pub(super) fn new() -> Self {
        Self { slices: [(Vec::new(), Digest::default())].into(), total: Digest::default() }
    }

    /// Adds the next record in the order of their keys.
    pub(super) fn add(&mut self, key: &[u8], weight: u128) {
        self.total.include(weight);
        let mut last = self.slices.last_entry().expect("there is always a slice");
        if last.get().records < USUAL as u64 {
            last.get_mut().include(weight);
        } else {
            let mut digest = Digest::default();
            digest.include(weight);
            self.slices.insert(key.to_vec(), digest);
        }
    }

    /// The digest of all records so far.
    pub(super) fn total(&self) -> Digest {
        self.total
    }

    pub(super) fn slices(self) -> Slices {
        Slices::of(self.slices)
    }
}

/// The records of a range as sled has them.
pub(super) fn records<'a>(
    db: &'a Db,
    range: &Range,
) -> impl Iterator<Item = sled::Result<(IVec, IVec)>> + use<'a> {
    let from = range.from.as_slice().max(FIRST_KEY).to_vec();
    match &range.until {
        Some(until) => db.range(from..until.clone()),
        None => db.range(from..),
    }
}
