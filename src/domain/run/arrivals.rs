//! The emails that this run has just queued, so that the worker hears of them, and finds the newest ones
//! without reading everything that waits before them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::key::Key;

/// The keys of the newest emails. Only a hint: it may name emails that have left the outbox.
#[derive(Default)]
pub(in crate::domain) struct Arrivals {
    newest: Mutex<VecDeque<Key>>,
    queued: Notify,
}

impl Change {
    /// The ids of the emails that this change queues or ends, for the log.
    pub(in crate::domain) fn emails(&self) -> Option<String> {
        let ids: Vec<String> =
            self.writes.iter().filter_map(|(key, _)| key.letter_id()).map(|id| id.to_string()).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

impl Arrivals {
    /// How many keys are remembered.
    const MAX: usize = 64;

    /// The keys of the emails that a change queues. One that goes back to its queue is not new.
    pub(in crate::domain) fn of(change: &Change) -> Vec<Key> {
        let is_new = |(key, record): &&(Key, Option<Record>)| {
            let Some(Record::Letter(letter)) = record else { return false };
            key.is_first_attempt() && key.letter_due() == Some(letter.queued_at)
        };
        change.writes.iter().filter(is_new).map(|(key, _)| key.clone()).collect()
    }

    /// These emails are queued now.
    pub(in crate::domain) fn announce(&self, keys: Vec<Key>) {
        if keys.is_empty() {
            return;
        }
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            newest.truncate(Self::MAX - 1);
            newest.push_front(key);
        }
        drop(newest);
        self.queued.notify_one();
    }

    /// An email is due that was not.
    pub(in crate::domain) fn wake(&self) {
        self.queued.notify_one();
    }

    /// Returns when an email has been queued since the last call.
    pub(in crate::domain) async fn next(&self) {
        self.queued.notified().await;
    }

    /// Takes out up to `limit` keys, the newest first.
    pub(in crate::domain) fn take_newest(&self, limit: usize) -> Vec<Key> {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = limit.min(newest.len());
        newest.drain(..limit).collect()
    }
}
