//! A group of changes that is written together. Each change is checked against the store and the
//! changes before it; the ones whose expectations hold become one batch.

use std::collections::btree_map::Entry;

use sled::{Batch, Db};

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

    /// The batch that writes the group, the tally after it, and the keys it touches; `None` if no
    /// change was added.
    pub(super) fn sealed(self, last: Tally) -> Option<(Batch, Tally, Slots)> {
        let Self { mut tally, slots, .. } = self;
        if tally == last {
            return None;
        }
        let mut batch = Batch::default();
        for (key, slot) in slots.iter().filter(|(_, slot)| slot.is_written) {
            let key = key.as_bytes();
            if let Some(before) = &slot.before {
                tally.remove(key, before.whole());
            }
            match &slot.after {
                Some(after) => {
                    tally.add(key, after.whole());
                    batch.insert(key, after.whole().clone());
                }
                None => batch.remove(key),
            }
        }
        batch.insert(TALLY_KEY, tally.to_bytes().as_slice());
        Some((batch, tally, slots))
    }
}

impl Slot {
    fn version(&self) -> Option<Version> {
        self.after.as_ref().map(Stored::version)
    }
}
