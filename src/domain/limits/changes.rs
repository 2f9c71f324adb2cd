//! Changes that someone signed in makes to their account. Each is an event that is kept for months, so someone who
//! only wants to fill the disk must not make any number of them.

use super::limited;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::record::account::Account;
use crate::domain::record::limits::Limit;
use crate::domain::record::throttle::Counted;

impl Gatepost {
    /// Refuses a change if there were too many, before any work is done for it.
    pub(in crate::domain) fn check_changes(&self, account: &Account) -> Result<(), Error> {
        let allowed = self.settings().limits.of_changes();
        let wait = account.changes.wait(allowed.as_slice(), None, self.world.now());
        if wait.is_zero() { Ok(()) } else { Err(limited(Limit::Changes, wait)) }
    }

    /// The account with one more change counted, to be written by that change.
    pub(in crate::domain) fn count_change(&self, mut account: Account) -> Result<Account, Error> {
        self.check_changes(&account)?;
        if let Some(allowed) = self.settings().limits.of_changes() {
            let one = Counted { at: self.world.now(), by: None, request: None };
            account.changes.count(one, &[allowed]);
        }
        Ok(account)
    }
}
