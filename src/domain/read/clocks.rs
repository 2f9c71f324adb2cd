//! What time it can be, and the time under which events are kept.

use std::sync::PoisonError;

use crate::domain::Gatepost;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::event::Event;
use crate::domain::record::key::Key;
use crate::domain::record::reckoning::Bounds;
use crate::domain::record::time::Timestamp;

impl Gatepost {
    /// What time it can be, after another look at both clocks.
    pub(in crate::domain) fn bounds(&self) -> Bounds {
        // In this order, a pause between the two looks like a jump ahead, which changes nothing unless it
        // lasts.
        let monotonic = self.world.clock.monotonic();
        let now = self.world.now();
        let mut reckoning = self.lasting.reckoning.lock().unwrap_or_else(PoisonError::into_inner);
        let before = reckoning.bounds(monotonic);
        let bounds = reckoning.observe(monotonic, now);
        drop(reckoning);
        match (before.agree(), bounds.agree()) {
            (true, false) => tracing::warn!("the clock jumped; nothing is removed because of it for an hour"),
            (false, true) => tracing::info!("the clock has not jumped for an hour"),
            _ => {}
        }
        bounds
    }

    /// The earliest time it can be. What a clock that is wrong for a moment must not destroy (a session, an
    /// undo, the reservation of an address) ends for good only when it is over by this time.
    pub(in crate::domain) fn earliest_now(&self) -> Timestamp {
        self.bounds().earliest
    }

    /// The time under which an event is kept that is written now.
    pub(in crate::domain) fn event_time(&self) -> Timestamp {
        self.event_clock.now(&self.world)
    }

    /// The time up to which events can be counted now.
    pub(in crate::domain) fn settle_events(&self) -> Timestamp {
        self.event_clock.settle(&self.world, || self.earliest_now())
    }

    /// The same time, for someone who only looks.
    pub(in crate::domain) fn events_settled_at(&self) -> Timestamp {
        self.event_clock.settled_at(&self.world, || self.earliest_now())
    }

    /// Adds an event to a change, and a copy under its account for the person's own history. Kept under the time that
    /// events are counted by, which is another one than the event's own after the clock was set back.
    pub(in crate::domain) fn put_event(&self, change: &mut Change, event: &Event) {
        let (at, tail) = (self.event_time(), self.world.random());
        change.put(Key::event(at, tail), Record::Event(event.clone()));
        if let Some(account) = event.account {
            change.put(Key::history(account, at, tail), Record::Event(event.clone()));
        }
    }
}
