//! An engine that keeps the promises of the store and nothing more: it answers *conflict* although every
//! expectation held, it says that it does not know whether a change was written, it carries out waiting
//! changes in any order, and its reads take their time. Whatever passes on it leans on nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gatepost::domain::ports::{Change, Committed, Reading, Store, StoreError, Versioned};
use gatepost::domain::record::Record;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::record::purpose::Purpose;
use gatepost::domain::record::request::{Request, Requester};
use gatepost::store::memory::MemoryStore;

/// Whether a change that is reported as "in doubt" was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    Written,
    Lost,
}

/// A store in memory that behaves as badly as a store may.
pub(crate) struct ChaoticStore {
    calm: Arc<MemoryStore>,
    luck: Option<Luck>,
    /// What happens to the next change of someone's action.
    next: Mutex<Option<Doubt>>,
    /// How many such changes have arrived.
    arrived: AtomicUsize,
}

impl ChaoticStore {
    /// One that leaves everything to chance. The same seed gives the same chances.
    pub(crate) fn by_chance(seed: u64) -> Self {
        Self { luck: Some(Luck::new(seed)), ..Self::on_command() }
    }

    /// One that only does what a test tells it.
    pub(crate) fn on_command() -> Self {
        Self { calm: Arc::default(), luck: None, next: Mutex::new(None), arrived: AtomicUsize::new(0) }
    }

    /// The same records without any chance, for what a test itself reads and writes.
    pub(crate) fn calm(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.calm)
    }

    /// The next change of an action is in doubt.
    pub(crate) fn doubt_next(&self, doubt: Doubt) {
        *self.next.lock().unwrap() = Some(doubt);
    }

    /// How many changes of actions have arrived so far.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    /// Lets others go first, or not.
    async fn dawdle(&self) {
        let turns = self.luck.as_ref().map_or(0, |luck| luck.below(4));
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    fn conflicts(&self) -> bool {
        self.luck.as_ref().is_some_and(|luck| luck.below(3) == 0)
    }

    /// What becomes of a change that is in doubt, if it is.
    fn doubt(&self, change: &Change) -> Option<Doubt> {
        if !is_of_an_action(change) {
            return None;
        }
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let luck = match (&self.luck, self.next.lock().unwrap().take()) {
            (_, Some(told)) => return Some(told),
            (None, None) => return None,
            (Some(luck), None) => luck,
        };
        match luck.below(8) {
            0 if luck.below(2) == 0 && is_repeatable(change) => Some(Doubt::Written),
            0 => Some(Doubt::Lost),
            _ => None,
        }
    }
}

#[async_trait]
impl Store for ChaoticStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        self.dawdle().await;
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
        if self.conflicts() {
            return Ok(Committed::Conflict);
        }
        let doubt = self.doubt(&change);
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

/// Whether a browser, a program or the operator did this. What the server does on its own is not reported
/// to anyone.
fn is_of_an_action(change: &Change) -> bool {
    let is_event = |record: &Option<Record>| matches!(record, Some(Record::Event(event)) if event.device != Client::server().device());
    // A wrong code is counted in its request, and writes no event.
    let is_wrong_code = matches!(&change.writes[..], [(_, Some(Record::Request(_)))]);
    is_wrong_code || change.writes.iter().any(|(_, record)| is_event(record))
}

/// Whether sending the same again leads to the same answer, once it was done: signing out, and redeeming
/// one's own request.
fn is_repeatable(change: &Change) -> bool {
    let redeems = |request: &Request| {
        let used = request.generation.used.as_ref();
        matches!(request.purpose, Purpose::SignIn | Purpose::Register | Purpose::ResetPassword)
            && used.is_some_and(|used| used.by == Requester::Yes)
    };
    change.writes.iter().any(|(_, record)| match record {
        Some(Record::Event(event)) => event.name == EventName::SignedOut,
        Some(Record::Request(request)) => redeems(request),
        _ => false,
    })
}

/// Pseudo-random numbers, the same for the same seed.
struct Luck(Mutex<u64>);

impl Luck {
    fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    fn below(&self, end: u64) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
