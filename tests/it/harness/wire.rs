//! What lies between one node and the store that it shares: the way there, and what it keeps for itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use async_trait::async_trait;
use gatepost::domain::ports::{
    Change, Clock, Committed, MAX_REMEMBERED_BYTES, Reading, SharedEngine, Store, StoreError, Versioned,
};
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::record::time::Timestamp;

use super::world::TestClock;

/// The way from one node to the store. It can be cut, or hold everything up.
pub(crate) struct Wire {
    store: RwLock<Arc<dyn Store>>,
    is_cut: AtomicBool,
    held: tokio::sync::watch::Sender<bool>,
}

/// What a node has beside the store, in memory.
pub(crate) struct Side {
    bytes: Mutex<Vec<u8>>,
    /// Whether the store is in another server than the one of which these bytes are.
    is_another: AtomicBool,
    time: Arc<TestClock>,
    wire: Arc<Wire>,
}

impl Side {
    /// Empty, beside a database with this clock.
    pub(crate) fn new(time: Arc<TestClock>, wire: Arc<Wire>) -> Self {
        Self { bytes: Mutex::default(), is_another: AtomicBool::new(false), time, wire }
    }

    /// The database is in another server now.
    pub(crate) fn is_in_another_server(&self) {
        self.is_another.store(true, Ordering::Relaxed);
    }

    /// From now on it has what another one has.
    pub(crate) fn copy(&self, other: &Self) {
        let bytes = other.bytes.lock().unwrap().clone();
        *self.bytes.lock().unwrap() = bytes;
    }
}

#[async_trait]
impl SharedEngine for Side {
    async fn remember(&self, bytes: &[u8]) -> Result<(), StoreError> {
        assert!(bytes.len() <= MAX_REMEMBERED_BYTES);
        *self.bytes.lock().unwrap() = bytes.to_vec();
        self.is_another.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn is_another(&self) -> bool {
        self.is_another.load(Ordering::Relaxed)
    }

    async fn remembered(&self) -> Result<Vec<u8>, StoreError> {
        Ok(self.bytes.lock().unwrap().clone())
    }

    async fn time(&self) -> Result<Option<Timestamp>, StoreError> {
        self.wire.pass().await?;
        Ok(Some(self.time.now()))
    }
}

impl Wire {
    pub(crate) fn to(store: Arc<dyn Store>) -> Self {
        let (store, is_cut) = (RwLock::new(store), AtomicBool::new(false));
        Self { store, is_cut, held: tokio::sync::watch::Sender::new(false) }
    }

    /// From now on it leads to another store.
    pub(crate) fn lead_to(&self, store: Arc<dyn Store>) {
        *self.store.write().unwrap() = store;
    }

    /// Nothing gets through, and that is certain.
    pub(crate) fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::Relaxed);
    }

    /// Whatever is sent waits.
    pub(crate) fn hold(&self, is_held: bool) {
        self.held.send_replace(is_held);
    }

    async fn pass(&self) -> Result<Arc<dyn Store>, StoreError> {
        // The others have their turn, as with any store that is not in this process.
        tokio::task::yield_now().await;
        self.held.subscribe().wait_for(|is_held| !is_held).await.unwrap();
        if self.is_cut.load(Ordering::Relaxed) {
            return Err(StoreError::Refused("the wire is cut".into()));
        }
        Ok(self.store.read().unwrap().clone())
    }
}

#[async_trait]
impl Store for Wire {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        self.pass().await?.get(keys).await
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Reading)>, StoreError> {
        self.pass().await?.scan(span, limit).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.pass().await?.commit(change).await
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.store.read().unwrap().writable()
    }
}
