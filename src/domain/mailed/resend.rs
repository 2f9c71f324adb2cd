//! Sending another email for a request that was made before (step 3 of `request`).
//!
//! A resend keeps the request: same code, same count of wrong codes, and every email of it works until
//! one is used. Where its link and code can no longer work, its holder gets the next generation of the
//! request or a new request instead, and cannot tell which.

use super::request::{EmailRequest, MailQueued, Replaced};
use crate::domain::error::Error;
use crate::domain::limits::Asker;
use crate::domain::ports::Change;
use crate::domain::read::{Found, Ownership};
use crate::domain::record::Record;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::{KnownId, Nonce};
use crate::domain::record::key::Key;
use crate::domain::record::pending::EnteredPassword;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{Generation, HeldRequest, Request, RequestingAccount};
use crate::domain::{Decision, Gatepost};

/// A request that was made before, and a change that expects it as it was read.
pub(in crate::domain) struct EarlierRequest {
    held: HeldRequest,
    key: Key,
    change: Change,
    request: Request,
}

impl EarlierRequest {
    fn new(held: HeldRequest, found: Found<Request>) -> Option<Self> {
        let mut change = Change::new();
        found.expected_by(&mut change);
        Some(Self { held, key: found.key, change, request: found.value? })
    }
}

impl Gatepost {
    /// Sends another email for a request.
    ///
    /// # Errors
    /// `InvalidRequest` when the request cannot be continued; `OutsideDomains` for a change of address that is
    /// no longer allowed; `TooManyMails` within 30 s of its last
    /// email; `Limited`; `Store`.
    pub async fn resend(&self, held: HeldRequest, client: &Client) -> Result<MailQueued, Error> {
        let asker = Asker::new(client);
        let sent = self.decide_and_commit(client, || async {
            let found: Found<Request> = self.find(Key::request(held.0)).await?;
            let earlier = EarlierRequest::new(held, found).ok_or(Error::InvalidRequest)?;
            self.decide_resend(earlier, None, &asker).await
        });
        self.settle_mail(&asker, sent).await
    }

    /// Checks everything that an email may have to wait for, and counts it for its client and the server, so that
    /// no password is hashed for a request that is refused anyway.
    pub(in crate::domain) async fn begin_registration(
        &self,
        wanted: &EmailRequest<'_>,
        held: &[HeldRequest],
        asker: &Asker<'_>,
    ) -> Result<Option<KnownId>, Error> {
        let earlier = self.find_earlier_request(wanted, held).await?;
        let wait = earlier.map(|earlier| earlier.request.resend_after(self.world.now()));
        let by = self.payer(asker.client, wanted.address, None).await?;
        self.check_mails_to(wanted.address, by, wait.unwrap_or_default()).await?;
        self.reserve_mail(asker, by.is_some())?;
        Ok(by)
    }

    /// The first of the `held` requests that was made for the same purpose and address, by the same
    /// account where an account asks.
    pub(in crate::domain) async fn find_earlier_request(
        &self,
        wanted: &EmailRequest<'_>,
        held: &[HeldRequest],
    ) -> Result<Option<EarlierRequest>, Error> {
        let keys = held.iter().map(|held| Key::request(held.0)).collect();
        let found = self.find_readable::<Request>(keys).await?;
        let requester = wanted.requester.map(|requester| requester.id);
        let is_same = |earlier: &EarlierRequest| {
            earlier.request.purpose == wanted.purpose
                && earlier.request.address.canonical() == wanted.address.canonical()
                && earlier.request.requester.map(|requester| requester.id) == requester
        };
        let mut earlier =
            held.iter().zip(found).filter_map(|(held, found)| EarlierRequest::new(*held, found?));
        Ok(earlier.find(is_same))
    }

    /// Another email of the same generation; the next generation if this one can no longer sign in; or
    /// a new request if the holder's side of it is over. The holder cannot tell the first two apart.
    pub(in crate::domain) async fn decide_resend(
        &self,
        earlier: EarlierRequest,
        wanted: Option<&EmailRequest<'_>>,
        asker: &Asker<'_>,
    ) -> Result<Decision<MailQueued>, Error> {
        let EarlierRequest { held, key, mut change, mut request } = earlier;
        // The rule may have changed since the first email.
        if request.purpose == Purpose::ChangeEmail {
            self.check_new_address(&request.address)?;
        }
        let now = self.world.now();
        let ownership = self.ownership_for(&request).await?;
        if wanted.is_none() && self.needs_its_form(held.0, &request, &ownership) {
            return Err(Error::InvalidRequest);
        }
        let wait = request.resend_after(now);
        if !wait.is_zero() {
            let by = self.payer_of_mail(asker.client, &request).await?;
            self.check_mails_to(&request.address, by, wait).await?;
        }
        let requester = self.current_requester(&request, wanted, &mut change).await?;
        // The holder must not notice this: it means that someone proved the address, or that its account
        // changed.
        let is_dead = request.generation.used.is_some() || request.is_void(held.0, &ownership);
        request.mailed_at = now;
        match wanted {
            Some(wanted) => {
                request.next = wanted.next.cloned().or(request.next.take());
                request.password = wanted.password.cloned().map(EnteredPassword::Pending);
            }
            // Someone may have proven the address since this password was entered. Without this, it could
            // become the password of the next account there.
            None if is_dead => request.password = request.password.map(EnteredPassword::dead),
            None => {}
        }
        if request.is_over(now) || request.is_spent() {
            // The old request is written too. Its holder has to wait for the next email as usual, and
            // its link may still work.
            change.put(key, Record::Request(request.clone()));
            let address = wanted.map_or(&request.address, |wanted| wanted.address);
            let next = request.next.as_ref();
            let wanted = EmailRequest { requester, ..EmailRequest::new(request.purpose, address, next) };
            let replaced = Replaced { nonce: held.0, password: request.password.clone() };
            return self.decide_new_request(change, &wanted, &ownership, Some(replaced), asker).await;
        }
        // A re-authentication code works once, and only for the session that requested it.
        let is_left_over = request.purpose == Purpose::Reauthenticate && request.requester != requester;
        request.requester = requester;
        match request.generation.number.checked_add(1) {
            Some(next) if is_dead || is_left_over => {
                request.generation = Generation::new(next, now, &ownership);
            }
            // After the last generation the emails of a dead one are dropped. A new request instead would
            // have another end, and the holder would learn that this one was dead.
            _ => request.generation.queued = request.generation.queued.saturating_add(1),
        }
        if wanted.is_some() {
            self.put_pending(&mut change, held.0, Some(held.0), &request).await?;
        }
        let requester = request.requester.map(|requester| requester.id);
        let event = Event::new(now, EventName::MailRequested, requester, asker.client);
        self.queue_letter(change, held.0, request, &ownership, event, asker).await
    }

    /// Whether a request can only begin again with something that the form has: the password of a
    /// registration, or the session of the account that asked.
    fn needs_its_form(&self, nonce: Nonce, request: &Request, ownership: &Ownership) -> bool {
        let is_over = request.is_over(self.world.now());
        match &request.requester {
            Some(requester) => {
                is_over || request.is_spent() || request.is_void_for_requester(nonce, requester, ownership)
            }
            None => is_over && request.purpose == Purpose::Register,
        }
    }

    /// The account that requests this email, as it is now.
    async fn current_requester(
        &self,
        request: &Request,
        wanted: Option<&EmailRequest<'_>>,
        change: &mut Change,
    ) -> Result<Option<RequestingAccount>, Error> {
        match (wanted, request.requester) {
            (Some(wanted), _) => Ok(wanted.requester),
            (None, Some(requester)) if request.purpose == Purpose::Reauthenticate => {
                let actor =
                    self.find_actor(requester.id, requester.session).await?.ok_or(Error::InvalidRequest)?;
                actor.expected_by(change);
                Ok(Some(RequestingAccount::of(&actor.account, &actor.session)))
            }
            (None, requester) => Ok(requester),
        }
    }
}
