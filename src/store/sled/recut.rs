//! The slices after a group of commits: one that has grown too large is cut, and one that has become small
//! joins the one before it. So each is verified in a few milliseconds, and their number follows the size of
//! the store.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};

use sled::Db;

use super::digest::{Digest, weight};
use super::slices::{Range, Recut, Slices, USUAL, records};
use super::slot::Slots;
use crate::domain::record::key::Key;

/// A slice with more records than this is cut.
const MOST: u64 = 1024;
/// A slice with fewer records than this joins the one before it.
const FEWEST: u64 = 64;

/// What the writes of `slots` change about `slices`. All slices they touch were verified.
pub(super) fn recut(db: &Db, slices: &Slices, slots: &Slots) -> sled::Result<Recut> {
    let mut touched: BTreeMap<&[u8], Digest> = BTreeMap::new();
    for (key, slot) in slots.iter().filter(|(_, slot)| slot.is_written) {
        let (from, slice) = slices.at(key.as_bytes());
        let digest = touched.entry(from).or_insert(slice.digest);
        if let Some(before) = &slot.before {
            digest.remove(key.as_bytes(), before.whole());
        }
        if let Some(after) = &slot.after {
            digest.add(key.as_bytes(), after.whole());
        }
    }
    let mut recut = Recut::new();
    // The last first, so that a slice that joins the one before it is part of it when that is looked at.
    while let Some((from, digest)) = touched.pop_last() {
        if digest.records > MOST {
            recut.extend(pieces(db, &slices.range_at(from), slots)?);
            continue;
        }
        match slices.before(from).filter(|_| digest.records < FEWEST) {
            Some((earlier, slice)) if slice.is_verified => {
                let both = touched.get(earlier).copied().unwrap_or(slice.digest).and(digest);
                if both.records <= USUAL as u64 {
                    touched.insert(earlier, both);
                    recut.insert(from.to_vec(), None);
                    continue;
                }
                recut.insert(from.to_vec(), Some(digest));
            }
            _ => {
                recut.insert(from.to_vec(), Some(digest));
            }
        }
    }
    Ok(recut)
}

/// Cuts a slice, as it is after the group.
fn pieces(db: &Db, range: &Range, slots: &Slots) -> sled::Result<Recut> {
    let mut weights = BTreeMap::new();
    for entry in records(db, range) {
        let (key, stored) = entry?;
        weights.insert(key.to_vec(), weight(&key, &stored));
    }
    let until = range.until.clone().map(Key::from_bytes);
    let until = until.as_ref().map_or(Unbounded, Excluded);
    let written = slots.range((Included(&Key::from_bytes(range.from.clone())), until));
    for (key, slot) in written.filter(|(_, slot)| slot.is_written) {
        let key = key.as_bytes();
        match &slot.after {
            Some(after) => weights.insert(key.to_vec(), weight(key, after.whole())),
            None => weights.remove(key),
        };
    }
    let weights: Vec<_> = weights.into_iter().collect();
    let mut pieces = Recut::new();
    for (number, piece) in weights.chunks(USUAL).enumerate() {
        let mut digest = Digest::default();
        for (_, weight) in piece {
            digest.include(*weight);
        }
        // The first piece keeps the beginning of the slice, which may be before its first record.
        let from = if number == 0 { range.from.clone() } else { piece[0].0.clone() };
        pieces.insert(from, Some(digest));
    }
    Ok(pieces)
}
