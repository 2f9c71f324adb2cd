//! What became of the emails of the last hour, for the log.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::record::answer::Answer;
use crate::domain::record::ended::End;

const HOUR: Duration = Duration::from_hours(1);

/// How many emails ended or were delayed since `since`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::domain) struct Totals {
    since: Duration,
    pub(in crate::domain) sent: u64,
    pub(in crate::domain) rejected: u64,
    pub(in crate::domain) given_up: u64,
    pub(in crate::domain) dropped: u64,
    pub(in crate::domain) delayed: u64,
}

/// The totals of an hour that is not over yet, and what a mail server said last.
#[derive(Default)]
pub(in crate::domain) struct MailTotals(Mutex<Totals>, Mutex<Option<Answer>>);

impl MailTotals {
    /// An email has ended.
    pub(in crate::domain) fn count(&self, end: End) {
        let mut totals = self.totals();
        let total = match end {
            End::Sent => &mut totals.sent,
            End::Refused => &mut totals.rejected,
            End::GivenUp => &mut totals.given_up,
            End::Void | End::Dropped | End::Stopped => &mut totals.dropped,
        };
        *total += 1;
    }

    /// A mail server has said something.
    pub(in crate::domain) fn note_answer(&self, answer: &Answer) {
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.clone());
    }

    /// What a mail server said last.
    pub(in crate::domain) fn last_answer(&self) -> Option<Answer> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An email was delayed for the first time.
    pub(in crate::domain) fn count_delayed(&self) {
        self.totals().delayed += 1;
    }

    /// The totals of an hour, once it is over. Nothing if there were no emails. `now` is by the monotonic clock.
    pub(in crate::domain) fn take(&self, now: Duration) -> Option<Totals> {
        let mut totals = self.totals();
        if now < totals.since + HOUR {
            return None;
        }
        let taken = std::mem::replace(&mut *totals, Totals { since: now, ..Totals::default() });
        let is_empty = Totals { since: taken.since, ..Totals::default() } == taken;
        (!is_empty).then_some(taken)
    }

    fn totals(&self) -> MutexGuard<'_, Totals> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
