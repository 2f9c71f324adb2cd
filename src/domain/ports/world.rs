//! Clock and randomness.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::record::time::Timestamp;

/// The only clock. Tests use one they can move.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The time, in milliseconds since 1970 (UTC).
    fn now(&self) -> Timestamp;
    /// The time since some moment before this run began. Nothing sets this clock, and it never runs
    /// backwards, but it does not know the date.
    fn monotonic(&self) -> Duration;
    /// Returns when `now` has reached `at`, or when the time from now to `at` has passed. That comes first
    /// if the clock is set back meanwhile, so whatever waits has to look again.
    async fn sleep_until(&self, at: Timestamp);
    /// Returns when this time has passed, whatever the clock is set to meanwhile.
    async fn sleep(&self, duration: Duration);
}

/// The only source of randomness, strong enough for keys. Tests use a seeded one.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);

    /// The same for an id on which no one's safety rests. Every request needs one, so they may be drawn in advance.
    fn fill_id(&self, bytes: &mut [u8]) {
        self.fill(bytes);
    }
}

/// Clock and randomness: everything that makes one run differ from another.
#[derive(Clone)]
pub struct World {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

impl World {
    /// Waits before this attempt at a commit, unless it is the first one: later and later, at random, so that those who
    /// met do not meet again. In real time, because it is about what runs at the same moment.
    pub(in crate::domain) async fn rest_before(&self, attempt: u32) {
        const LONGEST: Duration = Duration::from_millis(50);
        if let Some(before) = attempt.checked_sub(1) {
            let most = Duration::from_millis(1 << before.min(10)).min(LONGEST);
            tokio::time::sleep(most * u32::from(self.random::<1>()[0]) / 255).await;
        }
    }

    /// `N` random bytes.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// A random id of `N` bytes, on which no one's safety rests.
    #[must_use]
    pub fn random_id<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill_id(&mut bytes);
        bytes
    }

    /// The time, in milliseconds since 1970 (UTC).
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
