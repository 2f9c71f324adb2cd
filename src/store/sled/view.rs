//! Reading. A group of commits is not visible before it is on disk: while it is being flushed,
//! readers see its keys as they were before. So nothing that was read can be lost, and no reader
//! waits for the disk.

use std::ops::Bound::{Excluded, Included};
use std::sync::{Mutex, PoisonError};

use super::audit::Audit;
use super::guard::Handle;
use super::lock::FolderLock;
use super::slot::{Slots, Stored, unreadable};
use super::tally::{FIRST_KEY, Tally};
use crate::domain::ports::StoreError;
use crate::domain::record::key::{Key, Span};
use crate::store::{Kept, Page};

/// The data that readers see, always behind one lock. Holding the read lock over several keys gives
/// one moment, because the writer takes the lock before a group is applied and after it is durable.
pub(super) struct View {
    pub(super) db: Handle,
    /// The group that is being written.
    pub(super) held: Slots,
    /// The tally of everything that readers see.
    pub(super) tally: Tally,
    /// The verification that is going on beside the readers and the writer.
    pub(super) audit: Mutex<Option<Audit>>,
    /// The last field, so that it is dropped after sled's files are closed.
    pub(super) lock: FolderLock,
}

impl View {
    /// The held group is durable, so readers see it from now on.
    pub(super) fn show(&mut self, tally: Tally) {
        if let Some(audit) = self.audit.get_mut().unwrap_or_else(PoisonError::into_inner) {
            audit.follow(&self.held);
        }
        self.held = Slots::new();
        self.tally = tally;
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
}
