//! Gets that wait for the same connection are answered by one statement.
//!
//! Each statement costs the server and the client far more than each key in it. So the first get is sent at once, and
//! those that come before it is answered are gathered and follow together. A get is answered only by a statement that
//! was sent after it came, so it sees all that was acknowledged before.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio_postgres::Error;

use super::fault::{plainly, rolled_back};
use crate::domain::ports::StoreError;
use crate::domain::record::key::Key;
use crate::store::Kept;

/// The most gets in one statement.
const TOGETHER: usize = 64;

/// What a get finds, in the order of its keys.
pub(super) type Found = Vec<Option<Kept<Vec<u8>>>>;

/// Why a connection did not answer a read.
#[derive(Clone, Debug)]
pub(super) enum Unanswered {
    /// Another connection would not either.
    Refused(StoreError),
    /// Another connection may.
    Lost,
}

/// The gets that wait for a connection.
#[derive(Debug, Default)]
pub(super) struct Gathering(Mutex<Gathered>);

#[derive(Debug, Default)]
struct Gathered {
    /// Whether a statement is on its way whose end sends the next one.
    is_sent: bool,
    waiting: Vec<Waiter>,
}

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) keys: Vec<Key>,
    pub(super) answer: oneshot::Sender<Result<Found, Unanswered>>,
}

impl Gathering {
    /// Waits with the others. Nothing if none is on its way: then this one is sent at once.
    pub(super) fn joined(&self, keys: &[Key]) -> Option<oneshot::Receiver<Result<Found, Unanswered>>> {
        let mut gathered = self.gathered();
        if !gathered.is_sent {
            gathered.is_sent = true;
            return None;
        }
        let (answer, answered) = oneshot::channel();
        gathered.waiting.push(Waiter { keys: keys.to_vec(), answer });
        Some(answered)
    }

    /// The next ones to be sent, without those whose time is over. If there are none, whoever comes next is sent at once.
    pub(super) fn next_ones(&self) -> Vec<Waiter> {
        let mut gathered = self.gathered();
        gathered.waiting.retain(|waiter| !waiter.answer.is_closed());
        gathered.is_sent = !gathered.waiting.is_empty();
        let count = gathered.waiting.len().min(TOGETHER);
        gathered.waiting.drain(..count).collect()
    }

    /// All who wait have to ask again, on another connection.
    pub(super) fn give_up(&self) {
        *self.gathered() = Gathered::default();
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<StoreError> for Unanswered {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<Error> for Unanswered {
    fn from(error: Error) -> Self {
        match rolled_back(&error) {
            Some(_) => Self::Refused(StoreError::Refused(plainly(&error))),
            None => Self::Lost,
        }
    }
}
