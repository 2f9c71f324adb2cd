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

/// How many counts one commit writes. Each takes two writes and perhaps an expectation.
const PAGE: usize = 45;
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
        for page in self.refusals.unwritten().chunks(PAGE) {
            self.write_at_last(page).await?;
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

    /// Accounts are expected, because a count written under a deleted account would never be removed.
    async fn write_page(&self, page: &[Refusals]) -> Result<Committed, Error> {
        let accounts: BTreeSet<Key> = page.iter().filter_map(|it| it.account).map(Key::account).collect();
        // An account that cannot be read must not keep the counts of the others from being written.
        let accounts = self.find_readable::<Account>(accounts.into_iter().collect()).await?;
        let accounts: Vec<Found<Account>> = accounts.into_iter().flatten().collect();
        let mut change = Change::new();
        for account in accounts.iter().filter(|account| account.value.is_some()) {
            account.expected_by(&mut change);
        }
        let gone = |refusals: &&Refusals| {
            let key = refusals.account.map(Key::account);
            key.is_some_and(|key| accounts.iter().any(|found| found.key == key && found.value.is_none()))
        };
        let (orphans, rest): (Vec<&Refusals>, Vec<&Refusals>) = page.iter().partition(gone);
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
        self.refusals.written(&rest, self.world.now());
        for refusals in orphans {
            self.refusals.disown(refusals);
        }
        Ok(Committed::Yes)
    }

    /// Waits until it is time to write counts and last uses again.
    pub async fn rest_between_writes(&self) {
        self.world.clock.sleep_until(self.world.now().plus(PAUSE)).await;
    }
}
