//! Sending another email for a request that was made before (step 3 of `request`).
//!
//! A resend keeps the request: same code, same count of wrong codes, and every email of it works until
//! one is used. Where its link and code can no longer work, its holder gets the next generation of the
//! request or a new request instead, and cannot tell which.

use super::request::{EmailRequest, MailQueued};
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::Nonce;
use crate::domain::record::key::Key;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{Generation, HeldRequest, Request, RequestingAccount};
use crate::domain::record::time::Timestamp;
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
    /// `InvalidRequest` when the request cannot be continued; `TooManyMails` within 30 s of its last
    /// email; `Store`.
    pub async fn resend(&self, held: HeldRequest, client: &Client) -> Result<MailQueued, Error> {
        self.decide_and_commit(client, || async {
            let found: Found<Request> = self.find(Key::request(held.0)).await?;
            let earlier = EarlierRequest::new(held, found).ok_or(Error::InvalidRequest)?;
            self.check_resendable(&earlier).await?;
            self.decide_resend(earlier, None, client).await
        })
        .await
    }

    /// Checks the wait between two emails, so that no password is hashed for a request that is refused
    /// anyway.
    pub(in crate::domain) async fn check_resend_wait(
        &self,
        wanted: &EmailRequest<'_>,
        held: &[HeldRequest],
    ) -> Result<(), Error> {
        match self.find_earlier_request(wanted, held).await? {
            Some(earlier) => check_wait(&earlier.request, self.world.now()),
            None => Ok(()),
        }
    }

    /// Refuses to continue a request that would have to begin again with something only the form has:
    /// the password of a registration, or the session of the account that asked.
    async fn check_resendable(&self, earlier: &EarlierRequest) -> Result<(), Error> {
        let (request, nonce) = (&earlier.request, earlier.held.0);
        let is_over = request.is_over(self.world.now());
        let is_dead = match request.requester {
            Some(requester) => {
                let ownership = self.ownership_for(request).await?;
                is_over || request.is_spent() || request.is_void_for_requester(nonce, &requester, &ownership)
            }
            None => is_over && request.purpose == Purpose::Register,
        };
        if is_dead { Err(Error::InvalidRequest) } else { Ok(()) }
    }

    /// The first of the `held` requests that was made for the same purpose and address, by the same
    /// account where an account asks.
    pub(in crate::domain) async fn find_earlier_request(
        &self,
        wanted: &EmailRequest<'_>,
        held: &[HeldRequest],
    ) -> Result<Option<EarlierRequest>, Error> {
        let keys = held.iter().map(|held| Key::request(held.0)).collect();
        let found = self.find_all::<Request>(keys).await?;
        let requester = wanted.requester.map(|requester| requester.id);
        let is_same = |earlier: &EarlierRequest| {
            earlier.request.purpose == wanted.purpose
                && earlier.request.address.canonical() == wanted.address.canonical()
                && earlier.request.requester.map(|requester| requester.id) == requester
        };
        let mut earlier =
            held.iter().zip(found).filter_map(|(held, found)| EarlierRequest::new(*held, found));
        Ok(earlier.find(is_same))
    }

    /// Another email of the same generation; the next generation if this one can no longer sign in; or
    /// a new request if the holder's side of it is over. The holder cannot tell the first two apart.
    pub(in crate::domain) async fn decide_resend(
        &self,
        earlier: EarlierRequest,
        wanted: Option<&EmailRequest<'_>>,
        client: &Client,
    ) -> Result<Decision<MailQueued>, Error> {
        let EarlierRequest { held, key, mut change, mut request } = earlier;
        let now = self.world.now();
        check_wait(&request, now)?;
        request.mailed_at = now;
        let requester = self.current_requester(&request, wanted).await?;
        self.update_registration(&mut request, held.0, wanted).await?;
        if request.is_over(now) || request.is_spent() || request.generation.number == u8::MAX {
            // The old request is written too. Its holder has to wait for the next email as usual, and
            // its link may still work.
            change.put(key, Record::Request(request.clone()));
            let address = wanted.map_or(&request.address, |wanted| wanted.address);
            let (next, password) = (request.next.as_ref(), request.password.as_ref());
            let wanted = EmailRequest { purpose: request.purpose, address, next, password, requester };
            return self.decide_new_request(change, &wanted, Some(held.0), client).await;
        }
        // A re-authentication code works once, and only for the session that requested it.
        let is_left_over = request.purpose == Purpose::Reauthenticate && request.requester != requester;
        request.requester = requester;
        let ownership = self.ownership_for(&request).await?;
        if is_left_over || request.generation.used.is_some() || request.is_void(held.0, &ownership) {
            request.generation = Generation::new(request.generation.number + 1, now, &ownership);
        } else {
            request.generation.queued = request.generation.queued.saturating_add(1);
        }
        if wanted.is_some() {
            self.put_pending(&mut change, held.0, Some(held.0), &request).await?;
        }
        let requester = request.requester.map(|requester| requester.id);
        let event = Event::new(now, EventName::MailRequested, requester, client);
        self.queue_letter(change, held.0, request, &ownership, event)
    }

    /// Takes the newer password and `next` of a repeated registration. Without one, drops a password
    /// that is no longer pending: newer registrations replaced it, or someone proved the address.
    async fn update_registration(
        &self,
        request: &mut Request,
        nonce: Nonce,
        wanted: Option<&EmailRequest<'_>>,
    ) -> Result<(), Error> {
        let is_pending = self.is_pending(&request.address, nonce).await?;
        if let Some(wanted) = wanted {
            request.next = wanted.next.cloned().or(request.next.take());
            request.password = wanted.password.cloned();
        } else if !is_pending && request.password.is_some() {
            request.password = None;
            // A new request would begin without the password, so it has to be entered again.
            if request.is_spent() {
                return Err(Error::InvalidRequest);
            }
        }
        Ok(())
    }

    /// The account that requests this email, as it is now.
    async fn current_requester(
        &self,
        request: &Request,
        wanted: Option<&EmailRequest<'_>>,
    ) -> Result<Option<RequestingAccount>, Error> {
        match (wanted, request.requester) {
            (Some(wanted), _) => Ok(wanted.requester),
            (None, Some(requester)) if request.purpose == Purpose::Reauthenticate => {
                let actor =
                    self.find_actor(requester.id, requester.session).await?.ok_or(Error::InvalidRequest)?;
                Ok(Some(RequestingAccount::of(&actor.account, &actor.session)))
            }
            (None, requester) => Ok(requester),
        }
    }
}

fn check_wait(request: &Request, now: Timestamp) -> Result<(), Error> {
    let retry_after = request.resend_after(now);
    if retry_after.is_zero() { Ok(()) } else { Err(Error::TooManyMails { retry_after }) }
}
