//! Writing how many refusals there were, in batches of their own: no response waits for it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Committed, StoreError};
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::key::Key;
use crate::domain::record::refusals::Refusals;
use crate::domain::record::sums::Cursor;
use crate::domain::record::time::Timestamp;

/// How many counts one commit writes. Each takes two writes and perhaps an expectation.
const PAGE: usize = 45;
/// How long after its hour a count can still be written where several nodes share the store. Less than it takes until
/// the hour is counted.
const LATE: Duration = Duration::from_mins(1);
/// How many rounds there are. What is moved to another account or hour in one of them is written in the next.
const ROUNDS: usize = 3;
/// How often a page is written at most.
const MAX_ATTEMPTS: usize = 20;
/// The time between two rounds of writing, and so the most that a crash can lose.
const PAUSE: Duration = Duration::from_secs(30);

impl Gatepost {
    /// Writes the counts that have grown since they were last written. Those that cannot be written stay in
    /// memory.
    ///
    /// # Errors
    /// `Store`.
    pub async fn write_refusals(&self) -> Result<(), Error> {
        // One at a time: a count that is written late must not replace a later one.
        let _turn = self.writing_refusals.lock().await;
        for _ in 0..ROUNDS {
            let unwritten = self.refusals.unwritten();
            if unwritten.is_empty() {
                break;
            }
            for page in unwritten.chunks(PAGE) {
                self.write_at_last(page).await?;
            }
        }
        Ok(())
    }

    /// Tries again at once, since there may be no next round: the server may be stopping.
    async fn write_at_last(&self, page: &[Refusals]) -> Result<(), Error> {
        let mut written = self.write_page(page).await;
        for _ in 1..MAX_ATTEMPTS {
            match written {
                // An account has changed in between; or perhaps it was written, and is written again the same.
                Ok(Committed::Conflict) | Err(Error::Store(StoreError::InDoubt(_))) => {
                    written = self.write_page(page).await;
                }
                Ok(Committed::Yes) | Err(_) => break,
            }
        }
        written.map(drop)
    }

    /// Accounts are expected, because a count written under a deleted account would never be removed. So is how far
    /// refusals are counted, because those of an hour that has been counted would not be.
    async fn write_page(&self, page: &[Refusals]) -> Result<Committed, Error> {
        let accounts: BTreeSet<Key> = page.iter().filter_map(|it| it.account).map(Key::account).collect();
        // An account that cannot be read must not keep the counts of the others from being written.
        let accounts = self.find_readable::<Account>(accounts.into_iter().collect()).await?;
        let accounts: Vec<Found<Account>> = accounts.into_iter().flatten().collect();
        let mut change = Change::new();
        let counted = self.find_if_readable::<Cursor>(Key::cursor()).await?;
        if let Some(counted) = &counted {
            counted.expected_by(&mut change);
        }
        let hour = counted.and_then(|counted| counted.value).map_or(0, |cursor| cursor.hour);
        for account in accounts.iter().filter(|account| account.value.is_some()) {
            account.expected_by(&mut change);
        }
        let gone = |refusals: &&Refusals| {
            let key = refusals.account.map(Key::account);
            key.is_some_and(|key| accounts.iter().any(|found| found.key == key && found.value.is_none()))
        };
        let (orphans, rest): (Vec<&Refusals>, Vec<&Refusals>) = page.iter().partition(gone);
        let now = self.event_time();
        let is_late = |refusals: &&Refusals| {
            let over_at = Timestamp::of_hour(refusals.first.hour() + 1);
            // Another node may be counting that hour at this moment.
            let may_be_counted = self.neighbours.is_some() && over_at.plus(LATE) <= now;
            refusals.first.hour() < hour || may_be_counted
        };
        let (late, rest): (Vec<&Refusals>, Vec<&Refusals>) = rest.into_iter().partition(is_late);
        for refusals in &rest {
            // Anyone can cause these, but at most one per account, name, hour and run of the process. They are
            // removed with their account, or when events of that time are.
            let key = Key::refusals(refusals, self.run);
            change.put(Key::counted(refusals.first, &key), Record::Expiry);
            change.put(key, Record::Refusals((*refusals).clone()));
        }
        if !rest.is_empty() && self.store.commit(change).await? == Committed::Conflict {
            return Ok(Committed::Conflict);
        }
        self.refusals.written(&rest, now);
        for refusals in orphans {
            self.refusals.disown(refusals);
        }
        for refusals in late {
            self.refusals.defer(refusals, now);
        }
        Ok(Committed::Yes)
    }

    /// Waits until it is time to write counts and last uses again.
    pub async fn rest_between_writes(&self) {
        self.world.clock.sleep_until(self.world.now().plus(PAUSE)).await;
    }
}
