//! A store that fails at times.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use gatepost::domain::ports::{Change, Committed, Reading, Store, StoreError, Versioned};
use gatepost::domain::record::key::{Key, Span};
use gatepost::store::memory::MemoryStore;

/// Which changes a test means.
type Kind = fn(&Change) -> bool;

/// A store whose disk can be filled and emptied, and that can lose an answer.
pub(crate) struct FullStore {
    inner: MemoryStore,
    refused: Mutex<Option<Kind>>,
    loses_next: AtomicBool,
    refusals: tokio::sync::watch::Sender<u32>,
}

impl FullStore {
    pub(crate) fn new() -> Self {
        let refusals = tokio::sync::watch::Sender::new(0);
        let (refused, loses_next) = (Mutex::new(None), AtomicBool::new(false));
        Self { inner: MemoryStore::new(), refused, loses_next, refusals }
    }

    pub(crate) fn fill(&self) {
        self.refuse(|_| true);
    }

    /// From now on refuses changes of this kind.
    pub(crate) fn refuse(&self, kind: Kind) {
        *self.refused.lock().unwrap() = Some(kind);
    }

    pub(crate) fn empty(&self) {
        *self.refused.lock().unwrap() = None;
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
        let refused = *self.refused.lock().unwrap();
        if refused.is_some_and(|is_it| is_it(&change)) {
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
