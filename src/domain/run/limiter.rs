//! What clients and the whole server have done lately. It protects the server and is forgotten when it ends;
//! what protects an address or an account is in the store as well.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::uses::{Counted, Counter, Uses};

/// Counts what is limited before the work for it begins, so that no number of attempts at the same moment gets
/// through together.
pub(in crate::domain) struct Limiter {
    mails: Mutex<Uses>,
    tries: Mutex<Tries>,
}

/// Passwords that are entered: by each client, and at each address.
struct Tries {
    by_client: Uses,
    at_address: Uses,
}

/// What one use is counted for.
#[derive(Clone, Debug, Default)]
pub(in crate::domain) struct Reserved {
    at: Duration,
    by_client: Vec<Counted>,
    at_address: Vec<Counted>,
}

/// What refuses, and how long to wait.
pub(in crate::domain) type Refused = (Counter, Duration);

impl Default for Limiter {
    fn default() -> Self {
        let tries = Tries {
            by_client: Uses::new(Duration::from_mins(5)),
            at_address: Uses::new(Duration::from_mins(15)),
        };
        Self { mails: Mutex::new(Uses::new(Duration::from_hours(1))), tries: Mutex::new(tries) }
    }
}

impl Limiter {
    /// Counts an email that someone requests.
    pub(in crate::domain) fn reserve_mail(
        &self,
        counted: Vec<Counted>,
        now: Duration,
    ) -> Result<Reserved, Refused> {
        let mut mails = lock(&self.mails);
        if let Some(refused) = mails.wait(&counted, now) {
            return Err(refused);
        }
        mails.count(&counted, now);
        Ok(Reserved { at: now, by_client: counted, at_address: Vec::new() })
    }

    /// Takes one back that was certainly not queued.
    pub(in crate::domain) fn give_back_mail(&self, reserved: &Reserved) {
        lock(&self.mails).give_back(&reserved.by_client, reserved.at);
    }

    /// Counts a password that someone enters: for the client and for the address, or for neither.
    pub(in crate::domain) fn reserve_try(
        &self,
        by_client: Vec<Counted>,
        at_address: Vec<Counted>,
        now: Duration,
    ) -> Result<Reserved, Refused> {
        let mut tries = lock(&self.tries);
        let Tries { by_client: clients, at_address: addresses } = &mut *tries;
        // Someone whose address has no attempts left learns that, whatever else is used up.
        if let Some(refused) = addresses.wait(&at_address, now).or_else(|| clients.wait(&by_client, now)) {
            return Err(refused);
        }
        clients.count(&by_client, now);
        addresses.count(&at_address, now);
        drop(tries);
        Ok(Reserved { at: now, by_client, at_address })
    }

    /// Takes one back that was not checked.
    pub(in crate::domain) fn give_back_try(&self, reserved: &Reserved) {
        let mut tries = lock(&self.tries);
        tries.by_client.give_back(&reserved.by_client, reserved.at);
        tries.at_address.give_back(&reserved.at_address, reserved.at);
    }
}

fn lock<T>(table: &Mutex<T>) -> MutexGuard<'_, T> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}
