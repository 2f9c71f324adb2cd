//! Emails that administrators have sent to others: sign-in links, invitations, tests. Each administrator can have a
//! hundred sent in an hour, and to one address one in half a minute.
//!
//! Both are counted in the commit that queues the email, which depends on them as they were: of two at the same moment
//! that each need the last place, one is decided again. They do not count among the emails of the address, which its
//! owner needs to sign in.

use std::time::Duration;

use super::limited;
use super::mails::Asker;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::limits::{Allowance, Limit};
use crate::domain::record::request::RESEND_WAIT;
use crate::domain::record::throttle::{Counted, Throttle};

/// What one administrator can have sent. Not configured: whoever has stolen an administrator's session must not be able
/// to send more.
const BY_ADMIN: Allowance = Allowance { most: 100, within: Duration::from_hours(1) };
/// What all of them together can have sent to one address.
const TO_ADDRESS: Allowance = Allowance { most: 1, within: RESEND_WAIT };

impl Gatepost {
    /// Counts an email that an administrator has sent to an address, in the change that queues it, and then for the
    /// server.
    ///
    /// # Errors
    /// `TooManyMails` less than half a minute after another one to the address; `Limited`; `Store`.
    pub(in crate::domain) async fn put_admin_mail(
        &self,
        change: &mut Change,
        admin: AccountId,
        to: &EmailAddress,
        asker: &Asker<'_>,
    ) -> Result<(), Error> {
        let address = self.ring.address_digest(&to.canonical());
        let (by_admin, to_address): (Found<Throttle>, Found<Throttle>) =
            self.find_both(Key::mails_by_admin(admin), Key::admin_mails_to(address)).await?;
        let retry_after = self.left_to_wait(&to_address, TO_ADDRESS);
        if !retry_after.is_zero() {
            return Err(Error::TooManyMails { retry_after });
        }
        let wait = self.left_to_wait(&by_admin, BY_ADMIN);
        if !wait.is_zero() {
            return Err(limited(Limit::MailsOfAdmin, wait));
        }
        self.put_counted(change, by_admin, BY_ADMIN);
        self.put_counted(change, to_address, TO_ADDRESS);
        self.reserve_mail(asker, true)
    }

    pub(super) fn left_to_wait(&self, found: &Found<Throttle>, allowance: Allowance) -> Duration {
        found.value.as_ref().map_or(Duration::ZERO, |it| it.wait(&[allowance], None, self.world.now()))
    }

    pub(super) fn put_counted(&self, change: &mut Change, found: Found<Throttle>, allowance: Allowance) {
        found.expected_by(change);
        let is_new = found.value.is_none();
        let mut throttle = found.value.unwrap_or_default();
        throttle.count(Counted { at: self.world.now(), by: None, request: None }, &[allowance]);
        // Caused by administrators: one for each of them with at most a hundred entries, and one for each address that
        // they have had an email sent to; or by whoever makes keys, one with at most ten entries. The sweeper removes it when its last entry stops counting.
        if is_new {
            change.put(Key::expiry(throttle.over_at(), &found.key), Record::Expiry);
        }
        change.put(found.key, Record::Throttle(throttle));
    }
}
