//! Lifting the limits of one account: what was counted at its address, and of its changes, no longer counts.
//!
//! Nothing else begins again. What counts for a client, for the server or at another address protects others, and an
//! administrator who is talked into this must not open the server to guessing.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::limits::Budget;
use crate::domain::record::throttle::Throttle;

impl Gatepost {
    /// Lets what is counted for an account begin again, in a change that writes the account. Returns whether anything
    /// was counted. The change depends on all counts: what is counted at the same moment is counted before or after.
    pub(in crate::domain) async fn put_lifting(
        &self,
        change: &mut Change,
        account: &mut Account,
    ) -> Result<bool, Error> {
        let mut was_counted = account.changes.has_counted();
        account.changes = Throttle::default();
        let budgets = [Budget::Mails, Budget::Tries, Budget::Codes].into_iter();
        let keys = budgets.flat_map(|budget| [false, true].map(|of_known| (budget, of_known)));
        let keys = keys.map(|(budget, of_known)| self.throttle_key(budget, &account.address, of_known));
        let all: Vec<Found<Throttle>> = self.find_all(keys.collect()).await?;
        for found in all {
            found.expected_by(change);
            let Some(throttle) = found.value.filter(Throttle::has_counted) else { continue };
            was_counted = true;
            match throttle.lifted() {
                Some(lifted) => change.put(found.key, Record::Throttle(lifted)),
                None => change.delete(found.key),
            }
        }
        Ok(was_counted)
    }

    /// Forgets the passwords that this run has counted at an address. Once the change is committed: a password that is
    /// checked right then is counted in the store all the same.
    pub(in crate::domain) fn forget_tries_at(&self, address: &EmailAddress) {
        self.limiter.forget_tries_at(self.ring.address_digest(&address.canonical()));
    }
}
