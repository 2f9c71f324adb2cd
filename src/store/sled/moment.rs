//! All records as of one moment, page by page, while the store is in use. What is written meanwhile to keys that
//! were not read yet is kept as it was at that moment, until it was read.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};

use super::slot::{Slots, Stored};
use crate::domain::record::key::{Key, Span};
use crate::store::{Kept, Page};

/// The most memory for what was written since the moment and was not read yet.
const MOST_BYTES: usize = 128 << 20;
/// What an entry takes besides its bytes, about.
const ENTRY_BYTES: usize = 128;

/// A moment whose records are being read.
pub(super) struct Moment {
    /// What was not read yet.
    rest: Span,
    /// The keys in the rest that were written since, as they were.
    then: BTreeMap<Key, Option<Stored>>,
    bytes: usize,
}

impl Moment {
    pub(super) fn new() -> Self {
        Self { rest: Span::records(), then: BTreeMap::new(), bytes: 0 }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &Span {
        &self.rest
    }

    /// Whether so much was written since that the moment is given up.
    pub(super) fn is_lost(&self) -> bool {
        self.bytes > MOST_BYTES
    }

    /// A group is about to be written.
    pub(super) fn keep(&mut self, slots: &Slots) {
        if self.is_lost() {
            self.then.clear();
            return;
        }
        for (key, slot) in slots.range(&self.rest.from..).filter(|(_, slot)| slot.is_written) {
            self.then.entry(key.clone()).or_insert_with(|| {
                self.bytes += size(key, slot.before.as_ref());
                slot.before.clone()
            });
        }
    }

    /// The next records, as they were at the moment. `page` is the beginning of the rest as it was at any later
    /// moment, and holds everything up to its last key, or to the end if it `is_last`.
    pub(super) fn next(&mut self, page: Page<Stored>, is_last: bool) -> Page<Stored> {
        let rest = match page.last().filter(|_| !is_last) {
            Some((last, _)) => self.rest.after(last),
            None => Span { from: self.rest.until.clone(), until: self.rest.until.clone() },
        };
        let then = self.then.range((Included(&self.rest.from), Excluded(&rest.from)));
        let mut records: BTreeMap<Key, Kept<Stored>> = page.into_iter().collect();
        for (key, before) in then {
            match before {
                Some(stored) => records.insert(key.clone(), stored.clone().kept()),
                None => records.remove(key),
            };
        }
        let later = self.then.split_off(&rest.from);
        for (key, before) in std::mem::replace(&mut self.then, later) {
            self.bytes -= size(&key, before.as_ref());
        }
        self.rest = rest;
        records.into_iter().collect()
    }
}

fn size(key: &Key, stored: Option<&Stored>) -> usize {
    ENTRY_BYTES + key.as_bytes().len() + stored.map_or(0, |stored| stored.whole().len())
}
