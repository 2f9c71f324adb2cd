//! Emails that an administrator has sent to others: invitations, tests and links to sign in.
//!
//! How many one administrator has had sent is in a record that each of these actions expects and writes. So two actions at
//! the same moment cannot both be the last one that is allowed.

use std::time::Duration;

use super::{Asker, limited};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::limits::{Allowance, Limit};
use crate::domain::record::throttle::{Counted, Throttle};

/// How many one administrator can have sent.
const OF_ADMIN: Allowance = Allowance { most: 100, within: Duration::from_hours(1) };
/// How many all administrators together can have sent to one address.
const TO_ADDRESS: Allowance = Allowance { most: 1, within: Duration::from_secs(30) };

impl Gatepost {
    /// Takes one of the emails that an administrator can have sent, in the change that queues it, and counts it for the
    /// server.
    pub(in crate::domain) async fn put_admin_mail(
        &self,
        change: &mut Change,
        admin: AccountId,
        to: &EmailAddress,
        asker: &Asker<'_>,
    ) -> Result<(), Error> {
        let digest = self.ring.address_digest(&to.canonical());
        let (by, at) = self
            .find_both::<Throttle, Throttle>(Key::mails_by_admin(admin), Key::mails_by_admins_to(digest))
            .await?;
        self.put_one_more(change, by, OF_ADMIN, Limit::MailsOfAdmin)?;
        self.put_one_more(change, at, TO_ADDRESS, Limit::MailsToAddress)?;
        self.reserve_mail(asker, true)
    }

    fn put_one_more(
        &self,
        change: &mut Change,
        found: Found<Throttle>,
        allowed: Allowance,
        limit: Limit,
    ) -> Result<(), Error> {
        found.expected_by(change);
        let (now, is_new) = (self.world.now(), found.value.is_none());
        let mut throttle = found.value.unwrap_or_default();
        let wait = throttle.wait(&[allowed], None, now);
        if !wait.is_zero() {
            return Err(limited(limit, wait));
        }
        throttle.count(Counted { at: now, by: None, request: None }, &[allowed]);
        // Caused by administrators. One for each of them and one for each address, with at most as many entries as are
        // allowed. The sweeper removes it when the last entry stops counting.
        if is_new {
            change.put(Key::expiry(throttle.over_at(), &found.key), Record::Expiry);
        }
        change.put(found.key, Record::Throttle(throttle));
        Ok(())
    }
}
