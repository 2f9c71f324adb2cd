//! A group of changes that is written together. Each change is checked against the store and the
//! changes before it; the ones whose expectations hold become one batch.

use std::collections::btree_map::Entry;

use sled::{Batch, Db};

use super::recut::recut;
use super::slices::{self, Recut, Slices};
use super::slot::{Slot, Slots, Stored};
use super::tally::{TALLY_KEY, Tally};
use crate::domain::ports::{Committed, StoreError, Version};
use crate::domain::record::key::Key;
use crate::store::CodedChange;

pub(super) struct Group<'a> {
    db: &'a Db,
    tally: Tally,
    slots: Slots,
}

impl<'a> Group<'a> {
    pub(super) fn new(db: &'a Db, tally: Tally) -> Self {
        Self { db, tally, slots: Slots::new() }
    }

    /// Adds a change to the group if all its expectations hold.
    pub(super) fn admit(&mut self, change: CodedChange) -> Result<Committed, StoreError> {
        for (key, expected) in change.expectations {
            if self.slot(key)?.version() != expected {
                return Ok(Committed::Conflict);
            }
        }
        if change.writes.is_empty() {
            return Ok(Committed::Yes);
        }
        // Everything that can fail happens before the first write, so a change is never half in.
        for (key, _) in &change.writes {
            self.slot(key.clone())?;
        }
        // The commit number is the version of everything it writes, so no key gets a version twice.
        self.tally.commits += 1;
        let version = self.tally.commits;
        for (key, bytes) in change.writes {
            let slot = self.slot(key)?;
            slot.after = bytes.map(|bytes| Stored::new(version, &bytes));
            slot.is_written = true;
        }
        Ok(Committed::Yes)
    }

    fn slot(&mut self, key: Key) -> Result<&mut Slot, StoreError> {
        match self.slots.entry(key) {
            Entry::Occupied(slot) => Ok(slot.into_mut()),
            Entry::Vacant(place) => {
                let before = Stored::read(self.db, place.key())?;
                Ok(place.insert(Slot { after: before.clone(), before, is_written: false }))
            }
        }
    }

    /// The group, ready to be written; `None` if no change was added. All slices it touches were verified.
    pub(super) fn sealed(self, last: Tally, slices: &Slices) -> sled::Result<Option<Sealed>> {
        let Self { mut tally, slots, db } = self;
        if tally == last {
            return Ok(None);
        }
        let recut = recut(db, slices, &slots)?;
        let mut batch = Batch::default();
        for (key, slot) in slots.iter().filter(|(_, slot)| slot.is_written) {
            match &slot.after {
                Some(after) => batch.insert(key.as_bytes(), after.whole().clone()),
                None => batch.remove(key.as_bytes()),
            }
        }
        for (from, digest) in &recut {
            tally.digest = tally.digest.less(slices.starting_at(from)).and(digest.unwrap_or_default());
            let key = [slices::PREFIX, from].concat();
            match digest {
                Some(digest) => batch.insert(key, digest.to_bytes()),
                None => batch.remove(key),
            }
        }
        batch.insert(TALLY_KEY, tally.to_bytes().as_slice());
        Ok(Some(Sealed { batch, tally, slots, recut }))
    }
}

/// A group, ready to be written.
pub(super) struct Sealed {
    pub(super) batch: Batch,
    /// The tally after it.
    pub(super) tally: Tally,
    /// The keys it touches.
    pub(super) slots: Slots,
    /// The slices it changes.
    pub(super) recut: Recut,
}

impl Slot {
    fn version(&self) -> Option<Version> {
        self.after.as_ref().map(Stored::version)
    }
}
