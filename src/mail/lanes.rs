//! The places for attempts to send an email.
//!
//! An attempt begins in the usual lane. If it takes long after it has announced the recipient, it moves to
//! the slow lane, which has as many places, so that slow recipients do not keep others waiting. If the slow
//! lane is full while emails wait, the youngest slow attempt ends before its mail server has the email, and
//! is made again later.
//!
//! Once the mail server may have the email, ending the attempt could deliver it twice. An attempt that waits
//! for its last answer for long moves to a lane of its own, where it may wait without keeping others from
//! being sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::domain::outbox::{Pace, Places};

/// For each place in the usual lane, the lane of last answers has this many. A mail server may take most of a
/// minute over every email.
const LAST_ANSWERS: usize = 4;
/// The most places in the lane of last answers: each is an open file, and few are kept back for email.
const MOST_LAST_ANSWERS: usize = 64;

/// All lanes.
pub(super) struct Lanes {
    size: usize,
    taken: Mutex<Vec<Place>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lane {
    Usual,
    Slow,
    LastAnswer,
}

struct Place {
    /// A younger attempt has a higher number.
    number: u64,
    lane: Lane,
    /// How long it has taken. A slow lane does not make an attempt slow.
    pace: Pace,
    /// Whether the mail server may have the email.
    has_handed_over: bool,
    /// Cancelled when it has to end. Never after it has handed over.
    cut: CancellationToken,
}

/// The place of one attempt. Dropping it makes it free.
pub(super) struct Seat {
    lanes: Arc<Lanes>,
    number: u64,
    announced: CancellationToken,
    cut: CancellationToken,
}

impl Lanes {
    /// Lanes with this many places, or a multiple of it.
    pub(super) fn new(size: usize) -> Self {
        Self { size, taken: Mutex::default() }
    }

    /// How many places are free.
    pub(super) fn free(&self) -> Places {
        let taken = self.taken();
        let free = |lane| self.size.saturating_sub(taken.iter().filter(|place| place.lane == lane).count());
        let (usual, slow) = (free(Lane::Usual), free(Lane::Slow));
        Places { usual, slow, all: usual + slow, ..Places::default() }
    }

    /// Takes a place.
    pub(super) fn sit(self: &Arc<Self>, pace: Pace) -> Seat {
        let mut taken = self.taken();
        let number = taken.iter().map(|place| place.number + 1).max().unwrap_or(0);
        let cut = CancellationToken::new();
        let lane = if pace == Pace::Slow { Lane::Slow } else { Lane::Usual };
        taken.push(Place { number, lane, pace: Pace::Usual, has_handed_over: false, cut: cut.clone() });
        Seat { lanes: Arc::clone(self), number, announced: CancellationToken::new(), cut }
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

    /// The attempt announces the recipient now.
    pub(super) fn announce(&self) {
        self.announced.cancel();
    }

    /// Returns when the attempt announces the recipient.
    pub(super) async fn announced(&self) {
        self.announced.cancelled().await;
    }

    /// Returns when the attempt has to end, to make room for others.
    pub(super) async fn cut(&self) {
        self.cut.cancelled().await;
    }

    /// The mail server may have the email from now on. Returns false if the attempt has to end instead.
    pub(super) fn hand_over(&self) -> bool {
        let mut taken = self.lanes.taken();
        let Some(own) = taken.iter_mut().find(|place| place.number == self.number) else { return false };
        own.has_handed_over = !own.cut.is_cancelled();
        own.has_handed_over
    }

    /// Whether the mail server may have the email.
    pub(super) fn has_handed_over(&self) -> bool {
        let taken = self.lanes.taken();
        taken.iter().any(|place| place.number == self.number && place.has_handed_over)
    }

    /// The attempt takes long: moves it to another lane. If the slow lane is full while emails wait
    /// (`is_crowded`), the youngest slow attempt ends, so the ones that end are those that have waited least.
    pub(super) fn step_aside(&self, is_crowded: bool) {
        let mut taken = self.lanes.taken();
        let Some(own) = taken.iter().position(|place| place.number == self.number) else { return };
        taken[own].pace = Pace::Slow;
        let is_in = |place: &Place, lane| place.lane == lane && !place.cut.is_cancelled();
        let in_lane = |lane| taken.iter().filter(|place| is_in(place, lane)).count();
        let (last_answers, slow) = (in_lane(Lane::LastAnswer), in_lane(Lane::Slow));
        let most = (LAST_ANSWERS * self.lanes.size).min(MOST_LAST_ANSWERS);
        if taken[own].has_handed_over && last_answers < most {
            taken[own].lane = Lane::LastAnswer;
        }
        if taken[own].lane != Lane::Usual {
            return;
        }
        if slow >= self.lanes.size {
            let slow = taken.iter().filter(|place| is_in(place, Lane::Slow) || place.number == self.number);
            let youngest = slow.filter(|place| !place.has_handed_over).max_by_key(|place| place.number);
            let Some(ends) = youngest.filter(|_| is_crowded) else { return };
            ends.cut.cancel();
        }
        taken[own].lane = Lane::Slow;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.lanes.taken().retain(|place| place.number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Lanes, Seat};
    use crate::domain::outbox::Pace;

    #[test]
    fn an_attempt_that_was_cut_hands_nothing_over() {
        let lanes = Arc::new(Lanes::new(1));
        let [slow, late] = [Pace::Slow, Pace::Usual].map(|pace| lanes.sit(pace));
        late.step_aside(true);
        assert!(!late.hand_over() && !late.has_handed_over(), "its place is for another");
        assert!(slow.hand_over());
    }

    #[test]
    fn an_attempt_that_has_handed_over_is_not_cut_even_if_all_places_are_taken() {
        let lanes = Arc::new(Lanes::new(1));
        let late: Vec<Seat> = (0..6).map(|_| lanes.sit(Pace::Usual)).collect();
        for seat in &late {
            assert!(seat.hand_over());
            seat.step_aside(true);
        }
        assert_eq!(late.iter().filter(|seat| seat.cut.is_cancelled()).count(), 0);
        assert_eq!(lanes.free().all, 0);
    }
}
