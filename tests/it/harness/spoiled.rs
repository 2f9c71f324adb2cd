//! A store with records that this version cannot read, as a newer version would write them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use gatepost::domain::ports::{Committed, StoreError};
use gatepost::domain::record::key::{Key, Span};
use gatepost::mail::{RecentLetters, TransportSettings};
use gatepost::store::memory::MemoryStore;
use gatepost::store::{CodedChange, Engine, Kept, Page};

use super::app::App;
use super::engine::Opened;
use super::limits::unlimited;

/// The first byte of a record is the version of its format.
const UNKNOWN_FORMAT: u8 = 200;

/// A store in memory that spoils the records a test chooses.
#[derive(Default)]
pub(crate) struct SpoiledStore {
    inner: MemoryStore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What is written under this prefix from now on is spoiled.
    prefix: Option<&'static str>,
    spoiled: BTreeSet<Key>,
}

impl SpoiledStore {
    /// From now on, spoils everything that is written under a prefix.
    pub(crate) fn spoil_under(&self, prefix: &'static str) {
        self.state.lock().unwrap().prefix = Some(prefix);
    }

    /// Stops spoiling. What was spoiled stays so.
    pub(crate) fn stop_spoiling(&self) {
        self.state.lock().unwrap().prefix = None;
    }

    /// Spoils the stored records under a prefix, and returns how many there are.
    pub(crate) async fn spoil(&self, prefix: &'static str) -> usize {
        let (from, until) =
            (Key::from_bytes(prefix.into()), Key::from_bytes([prefix.as_bytes(), &[255]].concat()));
        let page = self.inner.page(&Span { from, until }, usize::MAX).await.unwrap();
        let keys: Vec<Key> = page.into_iter().map(|(key, _)| key).collect();
        self.state.lock().unwrap().spoiled.extend(keys.iter().cloned());
        keys.len()
    }

    /// The version that can read them is running again.
    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().spoiled.clear();
    }

    /// Called before the write, so that nothing reads such a record while it is still whole.
    fn note_written(&self, change: &CodedChange) {
        let mut state = self.state.lock().unwrap();
        let Some(prefix) = state.prefix else { return };
        let put = change.writes.iter().filter(|(_, bytes)| bytes.is_some()).map(|(key, _)| key.clone());
        state.spoiled.extend(put.filter(|key| key.as_bytes().starts_with(prefix.as_bytes())));
    }

    fn kept(&self, key: &Key, kept: &Kept<impl AsRef<[u8]>>) -> Kept<Vec<u8>> {
        let mut bytes = kept.bytes.as_ref().to_vec();
        if self.state.lock().unwrap().spoiled.contains(key) {
            bytes[0] = UNKNOWN_FORMAT;
        }
        Kept { bytes, version: kept.version }
    }
}

impl App {
    /// With this store.
    pub(crate) async fn start_over(store: Arc<SpoiledStore>) -> Self {
        let letters = Arc::new(RecentLetters::new());
        let transport = TransportSettings::Mailbox(letters.clone());
        // Nothing is limited: hundreds of records are needed.
        Self::over(Opened::from(store), unlimited(), transport, letters, "/").await
    }
}

impl Engine for SpoiledStore {
    type Bytes = Vec<u8>;

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Kept<Vec<u8>>>>, StoreError> {
        let found = self.inner.read(keys).await?;
        Ok(keys.iter().zip(found).map(|(key, kept)| Some(self.kept(key, &kept?))).collect())
    }

    async fn page(&self, span: &Span, limit: usize) -> Result<Page<Vec<u8>>, StoreError> {
        let page = self.inner.page(span, limit).await?;
        let kept = |(key, kept): (Key, _)| {
            let kept = self.kept(&key, &kept);
            (key, kept)
        };
        Ok(page.into_iter().map(kept).collect())
    }

    async fn write(&self, change: CodedChange) -> Result<Committed, StoreError> {
        self.note_written(&change);
        self.inner.write(change).await
    }

    fn takes_writes(&self) -> Result<(), StoreError> {
        self.inner.takes_writes()
    }
}
