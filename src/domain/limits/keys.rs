//! Keys for programs that one account makes. Each is an event and an email, so no one can make any number of them by
//! ending them again.

use std::time::Duration;

use super::limited;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::limits::{Allowance, Limit};
use crate::domain::record::throttle::Throttle;

/// What one account can make, whether or not it has ended them since.
const A_DAY: Allowance = Allowance { most: 10, within: Duration::from_hours(24) };

impl Gatepost {
    /// Counts a key in the change that makes it, which depends on the count as it was.
    ///
    /// # Errors
    /// `Limited`; `Store`.
    pub(in crate::domain) async fn put_key_made(
        &self,
        change: &mut Change,
        account: AccountId,
    ) -> Result<(), Error> {
        let made: Found<Throttle> = self.find(Key::app_keys_made(account)).await?;
        let wait = self.left_to_wait(&made, A_DAY);
        if !wait.is_zero() {
            return Err(limited(Limit::Keys, wait));
        }
        self.put_counted(change, made, A_DAY);
        Ok(())
    }
}
