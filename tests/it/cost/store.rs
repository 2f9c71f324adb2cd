//! A store that records what it is asked for.

use std::sync::Mutex;

use async_trait::async_trait;
use gatepost::domain::ports::{Change, Committed, Reading, Store, StoreError, Versioned};
use gatepost::domain::record::Record;
use gatepost::domain::record::key::{Key, Span};
use gatepost::store::memory::MemoryStore;

/// One read of the store, or one commit.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Get(Vec<Key>),
    Scan,
    Commit { expected: Vec<Key>, written: Vec<Key> },
}

/// How much of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cost {
    Get { keys: usize },
    Scan,
    Commit { expectations: usize, writes: usize },
}

impl Step {
    pub(super) fn cost(&self) -> Cost {
        match self {
            Self::Get(keys) => Cost::Get { keys: keys.len() },
            Self::Scan => Cost::Scan,
            Self::Commit { expected, written } => {
                Cost::Commit { expectations: expected.len(), writes: written.len() }
            }
        }
    }
}

/// A store in memory that records its reads and commits.
#[derive(Default)]
pub(super) struct NotingStore {
    inner: MemoryStore,
    pub(super) steps: Mutex<Vec<Step>>,
    /// How many reads are under way, and how many were at most.
    under_way: Mutex<(usize, usize)>,
    /// Every record that was ever written.
    pub(super) written: Mutex<Vec<(Key, Record)>>,
}

impl NotingStore {
    /// How many reads were under way at most since this was last asked.
    pub(super) fn most_under_way(&self) -> usize {
        std::mem::take(&mut self.under_way.lock().unwrap().1)
    }

    fn begin(&self) {
        let (now, most) = &mut *self.under_way.lock().unwrap();
        *now += 1;
        *most = (*most).max(*now);
    }

    fn note(&self, step: Step) {
        self.steps.lock().unwrap().push(step);
    }
}

#[async_trait]
impl Store for NotingStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        self.note(Step::Get(keys.to_vec()));
        self.begin();
        // Whatever can be read at the same time begins meanwhile.
        tokio::task::yield_now().await;
        self.under_way.lock().unwrap().0 -= 1;
        self.inner.get(keys).await
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Reading)>, StoreError> {
        self.note(Step::Scan);
        self.inner.scan(span, limit).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        let expected = change.expectations.iter().map(|(key, _)| key.clone()).collect();
        let records = change.writes.iter().filter_map(|(key, record)| Some((key.clone(), record.clone()?)));
        self.written.lock().unwrap().extend(records);
        let written = change.writes.iter().map(|(key, _)| key.clone()).collect();
        self.note(Step::Commit { expected, written });
        self.inner.commit(change).await
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.inner.writable()
    }
}
