//! A store that fails at times.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use gatepost::domain::ports::{Change, Committed, Reading, Store, StoreError, Versioned};
use gatepost::domain::record::key::{Key, Span};
use gatepost::store::memory::MemoryStore;

/// A store whose disk can be filled and emptied, and that can lose an answer.
pub(crate) struct FullStore {
    inner: MemoryStore,
    full: AtomicBool,
    loses_next: AtomicBool,
    refusals: tokio::sync::watch::Sender<u32>,
}

impl FullStore {
    pub(crate) fn new() -> Self {
        let refusals = tokio::sync::watch::Sender::new(0);
        let (full, loses_next) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { inner: MemoryStore::new(), full, loses_next, refusals }
    }

    pub(crate) fn fill(&self) {
        self.full.store(true, Ordering::SeqCst);
    }

    pub(crate) fn empty(&self) {
        self.full.store(false, Ordering::SeqCst);
    }

    /// The next commit is written, and its answer is lost.
    pub(crate) fn lose_next_answer(&self) {
        self.loses_next.store(true, Ordering::SeqCst);
    }

    /// Returns when `count` more commits have been refused.
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

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Reading)>, StoreError> {
        self.inner.scan(span, limit).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        if self.full.load(Ordering::SeqCst) {
            self.refusals.send_modify(|count| *count += 1);
            return Err(StoreError::Refused("the disk is full".into()));
        }
        let committed = self.inner.commit(change).await;
        if self.loses_next.swap(false, Ordering::SeqCst) {
            return Err(StoreError::InDoubt("the answer was lost".into()));
        }
        committed
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.inner.writable()
    }
}
