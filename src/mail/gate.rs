//! Whether the mail server can be used at all.
//!
//! A failure before the mail server hears of a recipient (no connection, a wrong password) would be the same
//! for every email. So after one, a single attempt is made for all of them together, with a delay that grows.
//! Otherwise each email would try the wrong password by itself, until the mail server locks the account.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::record::time::Timestamp;

/// Whether emails may be sent now.
pub(super) struct Gate {
    state: Mutex<State>,
    opened: Notify,
}

struct State {
    /// Grows with every failure.
    round: u64,
    shut: Option<Shut>,
}

struct Shut {
    /// How many attempts in a row have failed.
    failures: u16,
    /// When the next one may be made. Nothing before the first one.
    until: Option<Timestamp>,
    /// It is made early, because an email would be given up before its time.
    is_early: bool,
    /// It is being made.
    is_tried: bool,
}

/// How many emails may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As many as there are places.
    Open,
    /// One, to see whether the mail server can be used.
    One,
    /// None before this time; or until the one attempt says more.
    Shut(Option<Timestamp>),
}

/// An attempt, which will show whether the mail server can be used.
pub(super) struct Pass {
    gate: Arc<Gate>,
    round: u64,
}

impl Gate {
    /// Nothing is known about the mail server: the first attempt is made alone.
    pub(super) fn new() -> Self {
        let shut = Some(Shut { failures: 0, until: None, is_early: false, is_tried: false });
        Self { state: Mutex::new(State { round: 0, shut }), opened: Notify::new() }
    }

    pub(super) fn way(&self, is_due: impl Fn(Timestamp) -> bool) -> Way {
        match &self.state().shut {
            None => Way::Open,
            Some(Shut { is_tried: true, .. }) => Way::Shut(None),
            Some(Shut { until: Some(until), .. }) if !is_due(*until) => Way::Shut(Some(*until)),
            Some(_) => Way::One,
        }
    }

    /// An attempt begins.
    pub(super) fn enter(self: &Arc<Self>) -> Pass {
        let mut state = self.state();
        if let Some(shut) = &mut state.shut {
            shut.is_tried = true;
        }
        Pass { gate: Arc::clone(self), round: state.round }
    }

    /// Returns when the mail server can be used again.
    pub(super) async fn opened(&self) {
        self.opened.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// The mail server can be used. An attempt that began before the last failure says nothing about that:
    /// an old conversation may go on for minutes while no new one can begin.
    pub(super) fn succeed(&self) {
        let mut state = self.gate.state();
        if state.round == self.round && state.shut.take().is_some() {
            self.gate.opened.notify_one();
        }
    }

    /// The mail server cannot be used. Returns when the next attempt may be made. `retry_at` is when, after
    /// this many failures in a row, and `last_call` an earlier time for the sake of this email. No two
    /// attempts in a row are early, so there are at most twice as many.
    pub(super) fn fail(
        &self,
        retry_at: impl Fn(u16) -> Timestamp,
        last_call: impl FnOnce(Timestamp) -> Option<Timestamp>,
    ) -> Timestamp {
        let mut state = self.gate.state();
        // Attempts that were under way together count as one.
        if state.round != self.round {
            let until = state.shut.as_ref().and_then(|shut| shut.until);
            return until.unwrap_or_else(|| retry_at(1));
        }
        let failures = state.shut.as_ref().map_or(0, |shut| shut.failures).saturating_add(1);
        let was_early = state.shut.as_ref().is_some_and(|shut| shut.is_early);
        let next = retry_at(failures);
        let early = last_call(next).filter(|_| !was_early);
        let until = early.unwrap_or(next);
        state.round += 1;
        state.shut = Some(Shut { failures, until: Some(until), is_early: early.is_some(), is_tried: false });
        until
    }
}

impl Drop for Pass {
    /// An attempt that ended without showing anything lets another one be made.
    fn drop(&mut self) {
        let mut state = self.gate.state();
        let is_current = state.round == self.round;
        if let Some(shut) = state.shut.as_mut().filter(|_| is_current) {
            shut.is_tried = false;
        }
    }
}
