//! Reading. A group of commits is not visible before it is on disk: while it is being flushed,
//! readers see its keys as they were before. So nothing that was read can be lost, and no reader
//! waits for the disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Bound::{Excluded, Included};

use sled::{Db, IVec};

use super::tally::FIRST_KEY;
use crate::domain::ports::{StoreError, Version};
use crate::domain::record::key::{Key, Span};
use crate::store::{Kept, Page};

/// The data that readers see, always behind one lock. Holding the read lock over several keys gives
/// one moment, because the writer takes the lock before a group is applied and after it is durable.
pub(super) struct View {
    pub(super) db: Db,
    /// The group that is being written.
    pub(super) held: Slots,
    /// The last field, so that it is dropped after sled's files are closed.
    pub(super) _lock: File,
}

/// The keys a group touches.
pub(super) type Slots = BTreeMap<Key, Slot>;

/// A key before the group and after it.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) before: Option<Stored>,
    pub(super) after: Option<Stored>,
    pub(super) is_written: bool,
}

/// A value in sled: eight bytes of version, then the record.
#[derive(Clone, Debug)]
pub struct Stored(IVec);

impl Stored {
    const VERSION_BYTES: usize = 8;

    pub(super) fn new(version: u64, bytes: &[u8]) -> Self {
        Self(IVec::from([&version.to_be_bytes(), bytes].concat()))
    }

    /// The value of a key in sled.
    pub(super) fn read(db: &Db, key: &Key) -> Result<Option<Self>, StoreError> {
        let found = db.get(key.as_bytes()).map_err(|error| unreadable(&error))?;
        found.map(|stored| Self::checked(key, stored)).transpose()
    }

    fn checked(key: &Key, stored: IVec) -> Result<Self, StoreError> {
        if stored.len() < Self::VERSION_BYTES {
            return Err(StoreError::Damaged(format!("the record under {key:?} has no version")));
        }
        Ok(Self(stored))
    }

    pub(super) fn version(&self) -> Version {
        let (version, _) = self.0.split_first_chunk().expect("a stored value begins with its version");
        Version(u64::from_be_bytes(*version))
    }

    /// All bytes, the version included.
    pub(super) fn whole(&self) -> &IVec {
        &self.0
    }

    fn kept(self) -> Kept<Self> {
        Kept { version: self.version(), bytes: self }
    }
}

impl AsRef<[u8]> for Stored {
    fn as_ref(&self) -> &[u8] {
        &self.0[Self::VERSION_BYTES..]
    }
}

impl View {
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
            let (key, stored) = entry.map_err(|error| unreadable(&error))?;
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

/// A read that fails is an error, never "not found".
fn unreadable(error: &sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) => StoreError::Refused(format!("cannot read the database: {error}")),
        error => StoreError::Damaged(error.to_string()),
    }
}
