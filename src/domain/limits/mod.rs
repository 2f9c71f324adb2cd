//! How often things may be done: at an address, by a client, with an account, and by everyone together; and how many
//! administrators there may be.
//!
//! Everything is counted before the work begins, at both doors, and the same whether or not an address has an
//! account. What protects an address or an account is in the store, written in the commit of the action; what
//! protects the server is in memory (`run::limiter`). A known browser has budgets of its own in place of the
//! address's, so no stranger can use up the owner's.
//!
//! - `mails`: requested emails
//! - `tries`: passwords
//! - `codes`: wrong codes
//! - `changes`: what someone signed in changes
//! - `admins`: the enabled administrators

mod admins;
mod changes;
mod codes;
mod mails;
mod tries;

use std::time::Duration;

pub(in crate::domain) use self::admins::LastAdmin;
pub(in crate::domain) use self::mails::Asker;
pub(in crate::domain) use self::tries::Try;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::{KnownId, Nonce, SessionId};
use crate::domain::record::key::Key;
use crate::domain::record::limits::{Allowance, Budget, Limit};
use crate::domain::record::throttle::{Counted, Throttle};

impl Gatepost {
    /// Whose budget at an address something counts for: that of a known browser or, for what only the address's
    /// own account can do, that of its session. Nothing for strangers, who share one.
    pub(in crate::domain) async fn payer(
        &self,
        client: &Client,
        address: &EmailAddress,
        own_session: Option<SessionId>,
    ) -> Result<Option<KnownId>, Error> {
        let known = self.known_at(client, address).await?;
        Ok(known.or_else(|| own_session.map(|session| self.ring.known_session(session))))
    }

    /// Refuses if a budget is used up.
    async fn check_budget(
        &self,
        budget: Budget,
        address: &EmailAddress,
        by: Option<KnownId>,
    ) -> Result<(), Error> {
        let wait = self.wait_at(budget, address, by).await?;
        if wait.is_zero() { Ok(()) } else { Err(limited(budget.limit(), wait)) }
    }

    /// How long to wait until a budget has room again.
    pub(in crate::domain) async fn wait_at(
        &self,
        budget: Budget,
        address: &EmailAddress,
        by: Option<KnownId>,
    ) -> Result<Duration, Error> {
        let allowances = self.settings().limits.at_address(budget);
        if allowances.is_empty() {
            return Ok(Duration::ZERO);
        }
        let throttle = self.find_throttle(budget, address, by.is_some()).await?.value.unwrap_or_default();
        Ok(throttle.wait(&allowances, by, self.world.now()))
    }

    /// Refuses if a budget is used up, by what was read of it.
    fn check_throttle(
        &self,
        budget: Budget,
        found: &Found<Throttle>,
        by: Option<KnownId>,
    ) -> Result<(), Error> {
        let allowances = self.settings().limits.at_address(budget);
        let wait =
            found.value.as_ref().map_or(Duration::ZERO, |it| it.wait(&allowances, by, self.world.now()));
        if allowances.is_empty() || wait.is_zero() { Ok(()) } else { Err(limited(budget.limit(), wait)) }
    }

    /// Adds one use to a change, which then depends on the budget as it is now: of any number of changes at the
    /// same moment, only as many go through as the budget has room for.
    async fn put_use(
        &self,
        change: &mut Change,
        budget: Budget,
        address: &EmailAddress,
        by: Option<KnownId>,
        request: Option<Nonce>,
    ) -> Result<(), Error> {
        if self.settings().limits.at_address(budget).is_empty() {
            return Ok(());
        }
        let found = self.find_throttle(budget, address, by.is_some()).await?;
        self.put_use_of(change, budget, found, by, request)
    }

    /// The same with what was read of the budget.
    fn put_use_of(
        &self,
        change: &mut Change,
        budget: Budget,
        found: Found<Throttle>,
        by: Option<KnownId>,
        request: Option<Nonce>,
    ) -> Result<(), Error> {
        let allowances = self.settings().limits.at_address(budget);
        if allowances.is_empty() {
            return Ok(());
        }
        found.expected_by(change);
        let (now, is_new) = (self.world.now(), found.value.is_none());
        let mut throttle = found.value.unwrap_or_default();
        let wait = throttle.wait(&allowances, by, now);
        if !wait.is_zero() {
            return Err(limited(budget.limit(), wait));
        }
        throttle.count(Counted { at: now, by, request }, &allowances);
        // Anyone causes this record with an email, a password or a wrong code for any address. Two for each of
        // these and each address at most, with no more entries than the limits allow. The sweeper removes it when
        // the last entry stops counting: 15 minutes after the last password, a day after the last email or code.
        if is_new {
            change.put(Key::expiry(throttle.over_at(), &found.key), Record::Expiry);
        }
        change.put(found.key, Record::Throttle(throttle));
        Ok(())
    }

    async fn find_throttle(
        &self,
        budget: Budget,
        address: &EmailAddress,
        of_known: bool,
    ) -> Result<Found<Throttle>, Error> {
        self.find(self.throttle_key(budget, address, of_known)).await
    }

    fn throttle_key(&self, budget: Budget, address: &EmailAddress, of_known: bool) -> Key {
        Key::throttle(budget, of_known, self.ring.address_digest(&address.canonical()))
    }

    /// Counts and logs a refusal because of too many before it.
    pub(in crate::domain) fn count_throttled(&self, error: &Error, client: &Client) {
        if let Error::TooManyMails { .. } | Error::TooManyChanges { .. } | Error::Limited { .. } = error {
            let event = Event::new(self.world.now(), EventName::Throttled, None, client);
            self.refusals.count(&event);
            self.figures.event(&event);
            event.log(&client.request_id, None);
        }
    }
}

fn limited(limit: Limit, retry_after: Duration) -> Error {
    Error::Limited { limit, retry_after }
}

/// The same allowance where a limit of one known browser is one of all of them together.
fn of_all_browsers(allowance: Option<Allowance>) -> Option<Allowance> {
    allowance.map(Allowance::of_all_browsers)
}
