//! A count of all records, page by page, while the store is in use. What is written meanwhile to keys that
//! were counted already is followed, so the count matches the tally of the last commit, however long it takes.

use super::settings::UnreadableRecords;
use super::slot::{Slots, Stored};
use super::tally::{FIRST_KEY, StoreId, Tally};
use crate::domain::record::key::{Key, Span};
use crate::store::{Page, codec};

/// The first key after all keys.
const END: &[u8] = &[0xff; 8];

/// A count that is going on.
pub(super) struct Audit {
    /// What was not counted yet.
    pub(super) rest: Span,
    pub(super) found: Tally,
    pub(super) unreadable: UnreadableRecords,
}

impl Audit {
    pub(super) fn new() -> Self {
        let (from, until) = (Key::from_bytes(FIRST_KEY.to_vec()), Key::from_bytes(END.to_vec()));
        Self {
            rest: Span { from, until },
            found: Tally::new(StoreId::default()),
            unreadable: UnreadableRecords::default(),
        }
    }

    /// A group was written.
    pub(super) fn follow(&mut self, slots: &Slots) {
        for (key, slot) in slots.range(..&self.rest.from).filter(|(_, slot)| slot.is_written) {
            if let Some(before) = &slot.before {
                self.found.remove(key.as_bytes(), before.whole());
            }
            if let Some(after) = &slot.after {
                self.found.add(key.as_bytes(), after.whole());
            }
        }
    }

    /// Counts the next page.
    pub(super) fn count(&mut self, page: &Page<Stored>) {
        for (key, kept) in page {
            self.found.add(key.as_bytes(), kept.bytes.whole());
            if let Err(unreadable) = codec::decode(key, kept.bytes.as_ref()) {
                self.unreadable.note(&unreadable.into());
            }
        }
        if let Some((last, _)) = page.last() {
            self.rest = self.rest.after(last);
        }
    }
}
