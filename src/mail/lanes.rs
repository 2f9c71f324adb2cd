//! The places for attempts to send an email.
//!
//! An attempt begins in the usual lane. If it takes long, it moves to the slow lane, which has as many
//! places, so that slow recipients do not keep others waiting. If the slow lane is full while emails wait,
//! the youngest slow attempt ends before its mail server has the email, and is made again later.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::domain::outbox::{Pace, Places};

/// Both lanes.
pub(super) struct Lanes {
    size: usize,
    /// Whether emails wait for a place in the usual lane.
    is_crowded: AtomicBool,
    taken: Mutex<Vec<Place>>,
}

struct Place {
    /// A younger attempt has a higher number.
    number: u64,
    lane: Pace,
    /// How long it has taken. A slow lane does not make an attempt slow.
    pace: Pace,
    reached: Reached,
    cut: CancellationToken,
}

/// How far an attempt has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// The mail server does not have the email.
    Start,
    /// It may have it.
    HandedOver,
    /// It may have it, and has not answered for a long time.
    Stuck,
}

/// The place of one attempt. Dropping it makes it free.
pub(super) struct Seat {
    lanes: Arc<Lanes>,
    number: u64,
    cut: CancellationToken,
}

impl Lanes {
    /// Two lanes of this many places.
    pub(super) fn new(size: usize) -> Self {
        Self { size, is_crowded: AtomicBool::new(false), taken: Mutex::default() }
    }

    /// How many places are free.
    pub(super) fn free(&self) -> Places {
        let taken = self.taken();
        let free = |lane| self.size.saturating_sub(taken.iter().filter(|place| place.lane == lane).count());
        let (usual, slow) = (free(Pace::Usual), free(Pace::Slow));
        Places { usual, newest: 0, slow, all: usual + slow }
    }

    /// Says whether emails wait for a place in the usual lane.
    pub(super) fn set_crowded(&self, is_crowded: bool) {
        self.is_crowded.store(is_crowded, Ordering::Relaxed);
    }

    /// Takes a place.
    pub(super) fn sit(self: &Arc<Self>, lane: Pace) -> Seat {
        let mut taken = self.taken();
        let number = taken.iter().map(|place| place.number + 1).max().unwrap_or(0);
        let cut = CancellationToken::new();
        let (pace, reached) = (Pace::Usual, Reached::Start);
        taken.push(Place { number, lane, pace, reached, cut: cut.clone() });
        Seat { lanes: Arc::clone(self), number, cut }
    }

    fn taken(&self) -> MutexGuard<'_, Vec<Place>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// How long the attempt has taken.
    pub(super) fn pace(&self) -> Pace {
        let taken = self.lanes.taken();
        let place = taken.iter().find(|place| place.number == self.number);
        place.map_or(Pace::Usual, |place| place.pace)
    }

    /// Returns when the attempt has to end, to make room for others.
    pub(super) async fn cut(&self) {
        self.cut.cancelled().await;
    }

    /// The mail server may have the email now.
    pub(super) fn hand_over(&self) {
        self.reach(Reached::HandedOver);
    }

    /// The mail server has not answered for a long time.
    pub(super) fn stick(&self) {
        self.reach(Reached::Stuck);
    }

    /// Whether the mail server may have the email.
    pub(super) fn has_handed_over(&self) -> bool {
        let taken = self.lanes.taken();
        taken.iter().any(|place| place.number == self.number && place.reached != Reached::Start)
    }

    /// The attempt takes long: moves it to the slow lane. If that is full while emails wait, the youngest
    /// slow attempt ends, so the ones that end are those that have waited least. Attempts whose mail server
    /// may have the email end last, because they could deliver it twice.
    pub(super) fn step_aside(&self) {
        let mut taken = self.lanes.taken();
        let Some(own) = taken.iter().position(|place| place.number == self.number) else { return };
        taken[own].pace = Pace::Slow;
        if taken[own].lane == Pace::Slow {
            return;
        }
        let is_slow = |place: &Place| place.lane == Pace::Slow && !place.cut.is_cancelled();
        if taken.iter().filter(|place| is_slow(place)).count() >= self.lanes.size {
            if !self.lanes.is_crowded.load(Ordering::Relaxed) {
                return;
            }
            let slow = || taken.iter().filter(|place| is_slow(place) || place.number == self.number);
            let in_state = |state| slow().filter(move |place| place.reached == state);
            let youngest = in_state(Reached::Start).max_by_key(|place| place.number);
            let oldest = || in_state(Reached::Stuck).min_by_key(|place| place.number);
            let Some(ends) = youngest.or_else(oldest) else { return };
            ends.cut.cancel();
        }
        taken[own].lane = Pace::Slow;
    }

    fn reach(&self, reached: Reached) {
        let mut taken = self.lanes.taken();
        let own = taken.iter_mut().filter(|place| place.number == self.number);
        own.for_each(|place| place.reached = reached);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.lanes.taken().retain(|place| place.number != self.number);
    }
}
