//! How many emails are sent in a minute, if the operator limits that: many mail servers take only so many.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// When attempts began within the last minute. By the monotonic clock: nothing that happens to the wall clock makes
/// a mail server get more, or anyone wait.
pub(super) struct Rate {
    /// Zero for no limit.
    per_minute: usize,
    begun: Mutex<VecDeque<Duration>>,
}

impl Rate {
    pub(super) fn new(per_minute: usize) -> Self {
        Self { per_minute, begun: Mutex::default() }
    }

    /// Whether there is a limit.
    pub(super) fn is_limited(&self) -> bool {
        self.per_minute > 0
    }

    /// How many attempts may begin now.
    pub(super) fn free(&self, now: Duration) -> usize {
        if !self.is_limited() {
            return usize::MAX;
        }
        let mut begun = self.begun();
        while begun.front().is_some_and(|oldest| *oldest + MINUTE <= now) {
            begun.pop_front();
        }
        self.per_minute.saturating_sub(begun.len())
    }

    /// How long until one more may begin.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        let oldest = self.begun().front().copied();
        oldest.map_or(Duration::ZERO, |oldest| (oldest + MINUTE).saturating_sub(now))
    }

    /// An attempt begins.
    pub(super) fn begin(&self, now: Duration) {
        if self.is_limited() {
            self.begun().push_back(now);
        }
    }

    /// Takes one back that had nothing to send.
    pub(super) fn give_back(&self, begun_at: Duration) {
        let mut begun = self.begun();
        if let Some(index) = begun.iter().rposition(|at| *at == begun_at) {
            begun.remove(index);
        }
    }

    fn begun(&self) -> MutexGuard<'_, VecDeque<Duration>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
