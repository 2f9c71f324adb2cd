//! A world that only moves when a test moves it: the same on every run.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use gatepost::domain::ports::{Clock, Entropy, World};
use gatepost::domain::record::time::Timestamp;
use tokio::sync::watch;

/// A world whose clock stands still until a test moves it, and whose entropy is the same every time.
pub(crate) fn world() -> (World, Arc<TestClock>) {
    let clock = Arc::new(TestClock::default());
    (World { clock: Arc::clone(&clock) as _, entropy: Arc::new(SeededEntropy::default()) }, clock)
}

/// A clock that tests move by hand. It wakes the sleepers whose time has come.
pub(crate) struct TestClock {
    state: watch::Sender<State>,
}

#[derive(Clone)]
struct State {
    now: Timestamp,
    monotonic: Duration,
    sleepers: Vec<Timestamp>,
}

impl Default for TestClock {
    /// 1 January 2026.
    fn default() -> Self {
        let now = Timestamp(1_767_225_600_000);
        Self { state: watch::Sender::new(State { now, monotonic: Duration::ZERO, sleepers: Vec::new() }) }
    }
}

impl TestClock {
    /// Lets time pass.
    pub(crate) fn advance(&self, by: Duration) {
        self.state.send_modify(|state| {
            state.now = state.now.plus(by);
            state.monotonic += by;
        });
    }

    /// Sets the clock ahead, while no time passes.
    pub(crate) fn set_ahead(&self, by: Duration) {
        self.state.send_modify(|state| state.now = state.now.plus(by));
    }

    /// Sets the clock back, as an operator does when it was ahead.
    pub(crate) fn set_back(&self, by: Duration) {
        self.state.send_modify(|state| state.now = state.now.minus(by));
    }

    /// Moves the clock on to `at`; never back.
    pub(crate) fn advance_to(&self, at: Timestamp) {
        self.state.send_modify(|state| {
            state.monotonic += at.since(state.now);
            state.now = state.now.max(at);
        });
    }

    /// Returns once a sleeper is waiting that is due before `within` is over, with the time it is due.
    pub(crate) async fn sleeper_within(&self, within: Duration) -> Timestamp {
        let next = |state: &State| {
            let limit = state.now.plus(within);
            state.sleepers.iter().copied().filter(|at| *at > state.now && *at < limit).min()
        };
        let mut states = self.state.subscribe();
        let state = states.wait_for(|state| next(state).is_some()).await.unwrap();
        next(&state).unwrap()
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.state.borrow().now
    }

    fn monotonic(&self) -> Duration {
        self.state.borrow().monotonic
    }

    async fn sleep_until(&self, at: Timestamp) {
        let _asleep = Asleep::new(&self.state, at);
        let mut states = self.state.subscribe();
        let end = {
            let state = states.borrow();
            state.monotonic + at.since(state.now)
        };
        states.wait_for(|state| state.now >= at || state.monotonic >= end).await.unwrap();
    }

    /// Does not count as a sleeper: tests wait for those, and most of these sleeps are never over.
    async fn sleep(&self, duration: Duration) {
        let mut states = self.state.subscribe();
        let end = states.borrow().monotonic + duration;
        states.wait_for(|state| state.monotonic >= end).await.unwrap();
    }
}

/// Counts as a sleeper until it is dropped, whether it slept to the end or not.
struct Asleep<'a> {
    state: &'a watch::Sender<State>,
    at: Timestamp,
}

impl<'a> Asleep<'a> {
    fn new(state: &'a watch::Sender<State>, at: Timestamp) -> Self {
        state.send_modify(|state| state.sleepers.push(at));
        Self { state, at }
    }
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.state.send_modify(|state| {
            if let Some(index) = state.sleepers.iter().position(|at| *at == self.at) {
                state.sleepers.swap_remove(index);
            }
        });
    }
}

/// Not random at all: `SplitMix64` with a fixed seed.
pub(crate) struct SeededEntropy(Mutex<u64>);

impl Default for SeededEntropy {
    fn default() -> Self {
        Self(Mutex::new(20_260_101))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap();
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}
