//! An engine that keeps the promises of the store and nothing more: it answers *conflict* although every
//! expectation held, it says that it does not know whether a change was written, it carries out waiting
//! changes in any order, and its reads take their time. Whatever passes on it leans on nothing else.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gatepost::domain::ports::{Change, Committed, Reading, Store, StoreError, Versioned};
use gatepost::domain::record::key::{Key, Span};
use gatepost::store::memory::MemoryStore;
use tokio::sync::watch;

use super::chance::{Again, Chance, Luck};
use super::leftovers::Leftovers;

/// Whether a change that is reported as "in doubt" was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    Written,
    Lost,
}

/// Which changes a test means.
type Kind = fn(&Change) -> bool;

/// A store in memory that behaves as badly as a store may.
pub(crate) struct ChaoticStore {
    calm: Arc<MemoryStore>,
    luck: Option<Luck>,
    /// What happens to the next change of this kind.
    next: Mutex<Option<(Kind, Doubt)>>,
    /// Which change waits, and until when.
    held: Mutex<Option<(Kind, watch::Receiver<bool>)>>,
    /// The next read fails.
    is_unreadable: AtomicBool,
    /// The read after the next change in doubt fails.
    is_unreadable_then: AtomicBool,
    /// How many changes of someone's action have arrived.
    arrived: AtomicUsize,
    /// What changes in doubt have left behind by chance.
    leftovers: Arc<Leftovers>,
}

impl ChaoticStore {
    /// One that leaves everything to chance. The same seed gives the same chances.
    pub(crate) fn by_chance(seed: u64) -> Self {
        Self { luck: Some(Luck::new(seed)), ..Self::on_command() }
    }

    /// One that only does what a test tells it.
    pub(crate) fn on_command() -> Self {
        Self {
            calm: Arc::default(),
            luck: None,
            next: Mutex::new(None),
            held: Mutex::new(None),
            is_unreadable: AtomicBool::new(false),
            is_unreadable_then: AtomicBool::new(false),
            arrived: AtomicUsize::new(0),
            leftovers: Arc::default(),
        }
    }

    /// The same records without any chance, for what a test itself reads and writes.
    pub(crate) fn calm(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.calm)
    }

    /// What those left behind that were done again because no one knew that they had been done.
    pub(crate) fn leftovers(&self) -> Arc<Leftovers> {
        Arc::clone(&self.leftovers)
    }

    /// The next change of an action is in doubt.
    pub(crate) fn doubt_next(&self, doubt: Doubt) {
        self.doubt_next_that(|change| Again::of(change).is_of_a_person(), doubt);
    }

    /// The next change of this kind is in doubt.
    pub(crate) fn doubt_next_that(&self, is_it: Kind, doubt: Doubt) {
        *self.next.lock().unwrap() = Some((is_it, doubt));
    }

    /// Whether that change has come.
    pub(crate) fn has_doubted(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }

    /// The same, and the store cannot be read the next time either.
    pub(crate) fn doubt_next_and_fail(&self, is_it: Kind, doubt: Doubt) {
        self.is_unreadable_then.store(true, Ordering::SeqCst);
        self.doubt_next_that(is_it, doubt);
    }

    /// The next change of this kind is carried out once that is released.
    pub(crate) fn hold_next_that(&self, is_it: Kind) -> watch::Sender<bool> {
        let (release, held) = watch::channel(false);
        *self.held.lock().unwrap() = Some((is_it, held));
        release
    }

    /// Whether a change has come that waits since.
    pub(crate) fn is_holding(&self) -> bool {
        self.held.lock().unwrap().is_none()
    }

    /// How many changes of actions have arrived so far.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    /// Lets others go first, or not.
    async fn dawdle(&self) {
        let turns = self.luck.as_ref().map_or(0, |luck| luck.below(Chance::Turns, 4));
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    /// What becomes of a change that is in doubt, if it is.
    fn doubt(&self, change: &Change, again: Again) -> Option<Doubt> {
        if again.is_of_a_person() {
            self.arrived.fetch_add(1, Ordering::SeqCst);
        }
        if let Some((_, told)) = self.next.lock().unwrap().take_if(|(is_it, _)| is_it(change)) {
            let fails = self.is_unreadable_then.swap(false, Ordering::SeqCst);
            self.is_unreadable.store(fails, Ordering::SeqCst);
            return Some(told);
        }
        let doubt = self.luck.as_ref()?.doubt(again)?;
        if doubt == Doubt::Written && again == Again::Twice {
            self.leftovers.keep(change);
        }
        Some(doubt)
    }
}

#[async_trait]
impl Store for ChaoticStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        self.dawdle().await;
        if self.is_unreadable.swap(false, Ordering::SeqCst) {
            return Err(StoreError::Refused("as the test says".into()));
        }
        let found = self.calm.get(keys).await;
        self.dawdle().await;
        found
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Reading)>, StoreError> {
        self.dawdle().await;
        let page = self.calm.scan(span, limit).await;
        self.dawdle().await;
        page
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.dawdle().await;
        let again = Again::of(&change);
        if self.luck.as_ref().is_some_and(|luck| luck.conflicts(again)) {
            return Ok(Committed::Conflict);
        }
        let held = self.held.lock().unwrap().take_if(|(is_it, _)| is_it(&change));
        if let Some((_, mut held)) = held {
            // The test may have ended.
            let _ = held.wait_for(|is_released| *is_released).await;
        }
        let doubt = self.doubt(&change, again);
        if doubt == Some(Doubt::Lost) {
            return Err(StoreError::InDoubt("it was not".into()));
        }
        let committed = self.calm.commit(change).await;
        self.dawdle().await;
        if doubt == Some(Doubt::Written) {
            return Err(StoreError::InDoubt("it was".into()));
        }
        committed
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.calm.writable()
    }
}
