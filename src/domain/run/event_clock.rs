//! The time under which events are kept, which never goes back behind what is counted.
//!
//! Events are counted in the order of their keys, up to some time ago. One that was kept before that time afterwards would
//! never be counted. So whoever is about to count says up to when (`settle`), and from then on no event of this run gets an
//! earlier time, whatever the wall clock says.
//!
//! Alone, events are kept under the time of this machine. Runs that share a store keep them under the time of the database:
//! each asks it with its heartbeat, and the clock that nothing sets says how long ago that was. None keeps an event under a
//! time before the newest one that the others have written with theirs.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::ports::World;
use crate::domain::record::reckoning::Reckoning;
use crate::domain::record::time::Timestamp;

/// How old an event is before it is counted: older than any change takes.
const SETTLED_AFTER: Duration = Duration::from_mins(1);
/// The same where others write too. A run whose heartbeat fails for a quarter of a minute writes nothing any more.
const SETTLED_AFTER_SHARED: Duration = Duration::from_mins(2);

/// The time under which events are kept.
pub(in crate::domain) struct EventClock {
    is_shared: bool,
    known: Mutex<Known>,
}

struct Known {
    /// No event gets an earlier time.
    floor: Timestamp,
    /// The clock of the database, once it was asked.
    engine: Option<Engine>,
}

struct Engine {
    at: Timestamp,
    asked_at: Duration,
    /// Its clock may jump too, for example because another server took over.
    reckoning: Reckoning,
}

impl EventClock {
    /// No event gets a time before `floor`.
    pub(in crate::domain) fn new(is_shared: bool, floor: Timestamp) -> Self {
        Self { is_shared, known: Mutex::new(Known { floor, engine: None }) }
    }

    /// The time under which an event is kept that is written now.
    pub(in crate::domain) fn now(&self, world: &World) -> Timestamp {
        let known = self.known();
        let now = match &known.engine {
            Some(engine) => engine.at.plus(world.clock.monotonic().saturating_sub(engine.asked_at)),
            None => world.now(),
        };
        now.max(known.floor)
    }

    /// The time up to which events can be counted now. No event is kept under this time or an earlier one any more.
    /// `earliest` says what time it is at least, by the clock of this machine.
    pub(in crate::domain) fn settle(&self, world: &World, earliest: impl FnOnce() -> Timestamp) -> Timestamp {
        // While this is locked no event gets its time, so none gets one that the clock showed before it was set back.
        let mut known = self.known();
        let settled = self.settled(&known, world, earliest);
        known.floor = known.floor.max(settled.plus(Duration::from_millis(1)));
        settled
    }

    /// The same time, for someone who only looks.
    pub(in crate::domain) fn settled_at(
        &self,
        world: &World,
        earliest: impl FnOnce() -> Timestamp,
    ) -> Timestamp {
        self.settled(&self.known(), world, earliest)
    }

    fn settled(&self, known: &Known, world: &World, earliest: impl FnOnce() -> Timestamp) -> Timestamp {
        match (&known.engine, self.is_shared) {
            (Some(engine), _) => {
                engine.reckoning.bounds(world.clock.monotonic()).earliest.minus(SETTLED_AFTER_SHARED)
            }
            (None, false) => earliest().minus(SETTLED_AFTER),
            (None, true) => Timestamp::default(),
        }
    }

    /// The database said so when the clock that nothing sets said `asked_at`.
    pub(in crate::domain) fn engine_says(&self, at: Timestamp, asked_at: Duration) {
        let mut known = self.known();
        let mut reckoning = match known.engine.take() {
            Some(engine) => engine.reckoning,
            None => Reckoning::new(asked_at, at),
        };
        reckoning.observe(asked_at, at);
        known.engine = Some(Engine { at, asked_at, reckoning });
    }

    /// Another run keeps events under this time.
    pub(in crate::domain) fn not_before(&self, at: Timestamp) {
        let mut known = self.known();
        known.floor = known.floor.max(at);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
