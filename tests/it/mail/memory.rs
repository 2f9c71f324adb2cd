//! A store in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use gatepost::domain::key::{Key, Span};
use gatepost::domain::ports::{Change, Committed, Store, StoreError, Version, Versioned};

/// All records, and the number of the last version that was given.
pub(crate) struct MemoryStore {
    state: Mutex<(BTreeMap<Key, Versioned>, u64)>,
}

impl MemoryStore {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default() }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        let state = self.state.lock().unwrap();
        Ok(keys.iter().map(|key| state.0.get(key).cloned()).collect())
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Versioned)>, StoreError> {
        let state = self.state.lock().unwrap();
        let found = state.0.range(&span.from..&span.until).take(limit);
        Ok(found.map(|(key, found)| (key.clone(), found.clone())).collect())
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        let mut state = self.state.lock().unwrap();
        let (records, last) = &mut *state;
        let holds =
            |(key, version): &(Key, Option<Version>)| records.get(key).map(|found| found.version) == *version;
        if !change.expectations.iter().all(holds) {
            return Ok(Committed::Conflict);
        }
        for (key, record) in change.writes {
            *last += 1;
            match record {
                Some(record) => records.insert(key, Versioned { record, version: Version(*last) }),
                None => records.remove(&key),
            };
        }
        Ok(Committed::Yes)
    }

    fn writable(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A store whose disk can be filled and emptied.
pub(crate) struct FullStore {
    inner: MemoryStore,
    full: AtomicBool,
    refusals: tokio::sync::watch::Sender<u32>,
}

impl FullStore {
    pub(crate) fn new() -> Self {
        let refusals = tokio::sync::watch::Sender::new(0);
        Self { inner: MemoryStore::new(), full: AtomicBool::new(false), refusals }
    }

    pub(crate) fn fill(&self) {
        self.full.store(true, Ordering::SeqCst);
    }

    pub(crate) fn empty(&self) {
        self.full.store(false, Ordering::SeqCst);
    }

    /// Returns once `count` more commits were refused.
    pub(crate) async fn refuses(&self, count: u32) {
        let seen = *self.refusals.borrow();
        self.refusals.subscribe().wait_for(|now| *now >= seen + count).await.unwrap();
    }
}

#[async_trait]
impl Store for FullStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        self.inner.get(keys).await
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Versioned)>, StoreError> {
        self.inner.scan(span, limit).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        if self.full.load(Ordering::SeqCst) {
            self.refusals.send_modify(|count| *count += 1);
            return Err(StoreError::Refused("the disk is full".into()));
        }
        self.inner.commit(change).await
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.inner.writable()
    }
}
