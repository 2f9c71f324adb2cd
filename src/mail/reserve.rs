//! Emails that are claimed and wait for a place. One commit claims many, so that a place that is free has the next
//! email at once.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::outbox::{Claim, Places};
use crate::domain::record::time::Timestamp;

/// The claimed emails, in the order in which they are sent.
#[derive(Default)]
pub(super) struct Reserve(Mutex<VecDeque<Claim>>);

impl Reserve {
    /// How many more may be claimed. None while there are enough, so that each commit claims many.
    pub(super) fn lacks(&self) -> usize {
        match self.claims().len() {
            few if few <= Places::MOST_AHEAD / 2 => Places::MOST_AHEAD - few,
            _ => 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.claims().is_empty()
    }

    /// Until when the next email may wait for a place.
    pub(super) fn waits_until(&self) -> Option<Timestamp> {
        self.claims().front().map(Claim::waits_until)
    }

    pub(super) fn add(&self, claim: Claim) {
        self.claims().push_back(claim);
    }

    /// Takes the next email, with what `place` gives it. Two that ask at once never get the same place.
    pub(super) fn next<T>(&self, place: impl FnOnce() -> Option<T>) -> Option<(Claim, T)> {
        let mut claims = self.claims();
        claims.front()?;
        let place = place()?;
        claims.pop_front().map(|claim| (claim, place))
    }

    /// Takes all of them.
    pub(super) fn take(&self) -> Vec<Claim> {
        self.claims().drain(..).collect()
    }

    fn claims(&self) -> MutexGuard<'_, VecDeque<Claim>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
