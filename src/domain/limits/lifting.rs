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
        for budget in [Budget::Mails, Budget::Tries, Budget::Codes] {
            let keys = [false, true].map(|of_known| self.throttle_key(budget, &account.address, of_known));
            let both: Vec<Found<Throttle>> = self.find_all(keys.to_vec()).await?;
            for found in both {
                found.expected_by(change);
                let Some(throttle) = found.value.filter(Throttle::has_counted) else { continue };
                was_counted = true;
                match self.lifted(budget, throttle) {
                    Some(lifted) => change.put(found.key, Record::Throttle(lifted)),
                    None => change.delete(found.key),
                }
            }
        }
        Ok(was_counted)
    }

    /// What is left of what was counted. Its mark of expiry stays where it is.
    fn lifted(&self, budget: Budget, throttle: Throttle) -> Option<Throttle> {
        match budget {
            Budget::Mails => throttle.lifted(),
            Budget::Tries => {
                let allowances = self.settings().limits.at_address(budget);
                Some(Throttle::lifted_at_once(self.world.now(), &allowances))
            }
            Budget::Codes => None,
        }
    }
}
