//! Requested emails: to one address, by one client, and of the whole server.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::limited;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, StoreError};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::ids::{KnownId, Nonce};
use crate::domain::record::limits::{Budget, Limit};
use crate::domain::record::request::{Purpose, Request};
use crate::domain::record::throttle::Throttle;
use crate::domain::run::{Counter, Reserved};

/// Someone who asks for an email. What the email counts for in memory is counted once, however often the action
/// has to be decided.
pub(in crate::domain) struct Asker<'a> {
    pub(in crate::domain) client: &'a Client,
    is_limited: bool,
    reserved: Mutex<Option<Reserved>>,
}

impl<'a> Asker<'a> {
    pub(in crate::domain) fn new(client: &'a Client) -> Self {
        Self { client, is_limited: true, reserved: Mutex::new(None) }
    }

    /// The owner of the mailbox, as a link shows that works once. If the limits held for them too, strangers could
    /// use these up, and keep the owner from securing the account.
    pub(in crate::domain) fn owner(client: &'a Client) -> Self {
        Self { is_limited: false, ..Self::new(client) }
    }
}

impl Gatepost {
    /// Refuses an email if its address has had enough of them, before anything else is done for it. The longer
    /// of two waits is given: this one, or `wait` for the next email of the same request.
    pub(in crate::domain) async fn check_mails_to(
        &self,
        address: &EmailAddress,
        by: Option<KnownId>,
        wait: Duration,
    ) -> Result<(), Error> {
        let at_address = self.wait_at(Budget::Mails, address, by).await?;
        if at_address > wait {
            return Err(limited(Limit::MailsToAddress, at_address));
        }
        if wait.is_zero() { Ok(()) } else { Err(Error::TooManyMails { retry_after: wait }) }
    }

    /// The requests of all emails to an address that may still be open. Nothing if that is not known, because the
    /// limit that remembers them for as long as a request can be open is switched off.
    pub(in crate::domain) async fn lately_mailed(
        &self,
        address: &EmailAddress,
    ) -> Result<Option<Vec<Nonce>>, Error> {
        if self.settings().limits.mails_per_address_day == 0 {
            return Ok(None);
        }
        let mut nonces = Vec::new();
        for of_known in [false, true] {
            let throttle = self.find_throttle(Budget::Mails, address, of_known).await?.value;
            nonces.extend(throttle.iter().flat_map(Throttle::requests));
        }
        Ok(Some(nonces))
    }

    /// Whose budget the emails of a request count for. Only a code to confirm who is signed in is for the
    /// account's own address, so only there does the session count: anywhere else, someone with an account could
    /// have emails sent to others as their owner.
    pub(in crate::domain) async fn payer_of_mail(
        &self,
        client: &Client,
        request: &Request,
    ) -> Result<Option<KnownId>, Error> {
        let own = request.requester.filter(|_| request.purpose == Purpose::Reauthenticate);
        self.payer(client, &request.address, own.map(|requester| requester.session)).await
    }

    /// Counts an email of a request at its address, in the change that queues it, and then for its client and the
    /// server.
    pub(in crate::domain) async fn put_mail(
        &self,
        change: &mut Change,
        nonce: Nonce,
        request: &Request,
        asker: &Asker<'_>,
    ) -> Result<(), Error> {
        if !asker.is_limited {
            return Ok(());
        }
        let by = self.payer_of_mail(asker.client, request).await?;
        self.put_use(change, Budget::Mails, &request.address, by, Some(nonce)).await?;
        let is_signed_in = request.requester.is_some();
        self.reserve_mail(asker, by.is_some() || is_signed_in)
    }

    /// Counts an email for its client and for the server, unless this was done before.
    pub(in crate::domain) fn reserve_mail(&self, asker: &Asker<'_>, is_known: bool) -> Result<(), Error> {
        let mut reserved = asker.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        if reserved.is_some() {
            return Ok(());
        }
        let limits = self.settings().limits;
        let mut counted = vec![
            (Counter::Client(asker.client.network()), limits.mails_of_client()),
            (Counter::Everyone, limits.mails_of_server()),
        ];
        if !is_known {
            counted.push((Counter::Strangers, limits.mails_of_strangers()));
        }
        let now = self.world.clock.monotonic();
        *reserved = Some(self.limiter.reserve_mail(counted, now).map_err(|(counter, wait)| {
            let limit = match counter {
                Counter::Client(_) => Limit::MailsOfClient,
                _ => Limit::MailsOfServer,
            };
            limited(limit, wait)
        })?);
        Ok(())
    }

    /// The end of an action that sends an email: if it was certainly not queued, it does not count. If the client
    /// hangs up before, it does: otherwise hanging up in time would be a way around the limit.
    pub(in crate::domain) async fn settle_mail<T>(
        &self,
        asker: &Asker<'_>,
        act: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let done = act.await;
        if matches!(&done, Err(error) if !matches!(error, Error::Store(StoreError::InDoubt(_)))) {
            let reserved = asker.reserved.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(reserved) = reserved {
                self.limiter.give_back_mail(&reserved);
            }
        }
        done
    }
}
