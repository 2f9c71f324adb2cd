//! The engine for tests: a map in memory that is gone when it is dropped.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::{CodedChange, Engine, Kept, Page};
use crate::domain::ports::{Committed, Room, StoreError, Version};
use crate::domain::record::key::{Key, Span};

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(RwLock<Contents>);

#[derive(Debug)]
struct Contents {
    room: Room,
    commits: u64,
    records: BTreeMap<Key, Kept<Arc<[u8]>>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on, it accepts changes as if its disk had this much room.
    pub fn leave(&self, room: Room) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).room = room;
    }

    fn contents(&self) -> RwLockReadGuard<'_, Contents> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Contents {
    fn default() -> Self {
        Self { room: Room::Enough, commits: 0, records: BTreeMap::new() }
    }
}

impl Engine for MemoryStore {
    type Bytes = Arc<[u8]>;

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Kept<Self::Bytes>>>, StoreError> {
        let contents = self.contents();
        Ok(keys.iter().map(|key| contents.records.get(key).cloned()).collect())
    }

    async fn page(&self, span: &Span, limit: usize) -> Result<Page<Self::Bytes>, StoreError> {
        if span.from >= span.until {
            return Ok(Vec::new());
        }
        let contents = self.contents();
        let range = contents.records.range(&span.from..&span.until);
        Ok(range.take(limit).map(|(key, kept)| (key.clone(), kept.clone())).collect())
    }

    async fn write(&self, change: CodedChange) -> Result<Committed, StoreError> {
        let mut contents = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !contents.room.admits(change.class) {
            return Err(no_room());
        }
        let version_of = |key| contents.records.get(key).map(|kept| kept.version);
        if change.expectations.iter().any(|(key, expected)| version_of(key) != *expected) {
            return Ok(Committed::Conflict);
        }
        contents.commits += 1;
        let version = Version(contents.commits);
        for (key, bytes) in change.writes {
            match bytes {
                Some(bytes) => contents.records.insert(key, Kept { bytes: bytes.into(), version }),
                None => contents.records.remove(&key),
            };
        }
        Ok(Committed::Yes)
    }

    fn takes_writes(&self) -> Result<(), StoreError> {
        if self.contents().room == Room::Enough { Ok(()) } else { Err(no_room()) }
    }
}

fn no_room() -> StoreError {
    StoreError::Refused("the disk is almost full".into())
}
