//! Passwords that are entered: at one address, and by one client. Right or wrong: if only wrong ones counted, an
//! attacker could sign in to an account of their own in between.
//!
//! 1. A try is counted in memory before anything is hashed, so a thousand at the same moment compute no more
//!    hashes than the limit allows.
//! 2. The commit after the hash writes it down, and checks the limit again: the memory is empty after a restart.
//! 3. One that was not checked, because too many were waiting, does not count.

use super::{limited, of_all_browsers};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, StoreError};
use crate::domain::read::Found;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::ids::KnownId;
use crate::domain::record::key::Key;
use crate::domain::record::limits::{Budget, Limit};
use crate::domain::record::throttle::Throttle;
use crate::domain::run::{Counter, Reserved};

/// A password that someone enters.
pub(in crate::domain) struct Try<'a> {
    pub(in crate::domain) address: &'a EmailAddress,
    by: Option<KnownId>,
    reserved: Reserved,
}

impl Try<'_> {
    /// Whether a known browser or someone signed in enters it, for whom some places in the queue are kept.
    pub(in crate::domain) fn is_known(&self) -> bool {
        self.by.is_some()
    }
}

impl Gatepost {
    /// Counts a try (step 1). Someone signed in who enters their own password again is a known browser to the doors.
    pub(in crate::domain) async fn begin_try<'a>(
        &self,
        address: &'a EmailAddress,
        client: &Client,
    ) -> Result<Try<'a>, Error> {
        let begun = self.reserve_try(address, client).await;
        begun.inspect_err(|error| self.count_throttled(error, client))
    }

    async fn reserve_try<'a>(&self, address: &'a EmailAddress, client: &Client) -> Result<Try<'a>, Error> {
        let by = self.known_at(client, address).await?;
        self.check_budget(Budget::Tries, address, by).await?;
        self.reserve_try_by(address, by, client)
    }

    /// The same where what was tried lately at the address was read already.
    pub(in crate::domain) fn begin_try_after<'a>(
        &self,
        found: &Found<Throttle>,
        address: &'a EmailAddress,
        by: Option<KnownId>,
        client: &Client,
    ) -> Result<Try<'a>, Error> {
        let checked = self.check_throttle(Budget::Tries, found, by);
        let begun = checked.and_then(|()| self.reserve_try_by(address, by, client));
        begun.inspect_err(|error| self.count_throttled(error, client))
    }

    fn reserve_try_by<'a>(
        &self,
        address: &'a EmailAddress,
        by: Option<KnownId>,
        client: &Client,
    ) -> Result<Try<'a>, Error> {
        let limits = self.settings().limits;
        let (digest, allowed) =
            (self.ring.address_digest(&address.canonical()), limits.at_address(Budget::Tries).pop());
        let at_address = match by {
            None => vec![(Counter::StrangersAt(digest), allowed)],
            Some(id) => vec![
                (Counter::BrowserAt(digest, id), allowed),
                (Counter::BrowsersAt(digest), of_all_browsers(allowed)),
            ],
        };
        let by_client = vec![(Counter::Client(client.network()), limits.tries_of_client())];
        let now = self.world.clock.monotonic();
        let reserved = self.limiter.reserve_try(by_client, at_address, now).map_err(|(counter, wait)| {
            let limit = match counter {
                Counter::Client(_) => Limit::TriesOfClient,
                _ => Limit::TriesAtAddress,
            };
            limited(limit, wait)
        })?;
        Ok(Try { address, by, reserved })
    }

    /// Adds a try to the change that is committed after it (step 2).
    pub(in crate::domain) async fn put_try(&self, change: &mut Change, one: &Try<'_>) -> Result<(), Error> {
        self.put_use(change, Budget::Tries, one.address, one.by, None).await
    }

    /// The same with what was read of the tries at the address.
    pub(in crate::domain) fn put_try_after(
        &self,
        change: &mut Change,
        found: Found<Throttle>,
        one: &Try<'_>,
    ) -> Result<(), Error> {
        self.put_use_of(change, Budget::Tries, found, one.by, None)
    }

    /// Where it is kept what was tried lately at an address, by strangers or by known browsers.
    pub(in crate::domain) fn tries_key(&self, address: &EmailAddress, of_known: bool) -> Key {
        self.throttle_key(Budget::Tries, address, of_known)
    }

    /// The end of an action with a password (step 3).
    pub(in crate::domain) async fn settle_try<T>(
        &self,
        one: &Try<'_>,
        act: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let done = act.await;
        if matches!(done, Err(Error::Store(StoreError::Busy))) {
            self.limiter.give_back_try(&one.reserved);
        }
        done
    }
}
