//! Reading. A group of commits is not visible before it is on disk: while it is being flushed,
//! readers see its keys as they were before. So nothing that was read can be lost, and no reader
//! waits for the disk.

use std::ops::Bound::{Excluded, Included};

use super::digest::Digest;
use super::guard::Handle;
use super::slices::{Range, records};
use super::slot::{Slots, Stored, unreadable};
use super::tally::{FIRST_KEY, Tally};
use crate::domain::ports::StoreError;
use crate::domain::record::key::{Key, Span};
use crate::store::{Kept, Page};

/// The data that readers see. The writer replaces it before it applies a group and after the group is durable,
/// so that a reader can tell whether everything it has read is of one moment.
pub(super) struct View {
    pub(super) db: Handle,
    /// The group that is being written, or nothing.
    pub(super) held: Slots,
    /// The tally of everything that readers see.
    pub(super) tally: Tally,
    /// How often the view was replaced. Odd while a group is held.
    pub(super) number: u64,
}

impl View {
    /// Whether everything that was read from this view is of one moment, now that the newest view has this
    /// number.
    pub(super) fn is_of_one_moment(&self, newest: u64) -> bool {
        // While a group is held, sled changes only under the keys of the group. So what was read is good until
        // the group after it is applied.
        newest <= self.number + self.number % 2
    }

    pub(super) fn get(&self, key: &Key) -> Result<Option<Kept<Stored>>, StoreError> {
        let stored = match self.held.get(key) {
            Some(slot) => slot.before.clone(),
            None => Stored::read(&self.db, key)?,
        };
        Ok(stored.map(Stored::kept))
    }

    pub(super) fn page(&self, span: &Span, limit: usize) -> Result<Page<Stored>, StoreError> {
        let from = span.from.as_bytes().max(FIRST_KEY);
        let until = span.until.as_bytes();
        if from >= until {
            return Ok(Vec::new());
        }
        let held = self.held.range((Included(&span.from), Excluded(&span.until)));
        let held = held.filter_map(|(key, slot)| Some((key.clone(), slot.before.clone()?)));
        let mut page: Vec<_> = held.take(limit).map(|(key, stored)| (key, stored.kept())).collect();
        let mut settled = 0;
        for entry in self.db.range(from..until) {
            if settled == limit {
                break;
            }
            let (key, stored) = entry.map_err(unreadable)?;
            let key = Key::from_bytes(key.to_vec());
            if !self.held.contains_key(&key) {
                let stored = Stored::checked(&key, stored)?;
                page.push((key, stored.kept()));
                settled += 1;
            }
        }
        page.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        page.truncate(limit);
        Ok(page)
    }

    /// The digest of the records in a range, each of which `look` gets to see.
    pub(super) fn digest(
        &self,
        range: &Range,
        look: &mut dyn FnMut(&Key, &[u8]),
    ) -> Result<Digest, StoreError> {
        let mut digest = Digest::default();
        let mut add = |key: &Key, stored: &[u8]| {
            digest.add(key.as_bytes(), stored);
            look(key, stored);
        };
        for entry in records(&self.db, range) {
            let (key, stored) = entry.map_err(unreadable)?;
            let key = Key::from_bytes(key.to_vec());
            if !self.held.contains_key(&key) {
                add(&key, &stored);
            }
        }
        for (key, slot) in self.held.iter().filter(|(key, _)| range.holds(key.as_bytes())) {
            if let Some(before) = &slot.before {
                add(key, before.whole());
            }
        }
        Ok(digest)
    }
}
