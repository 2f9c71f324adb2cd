//! Requesting an email: the part that everything proven by email shares.
//!
//! 1. Someone requests an email to an address. The answer is always "check your inbox": neither its
//!    bytes nor its time depend on who the address belongs to.
//! 2. The request and its email are stored in one commit, and the outbox sends the email.
//! 3. Requesting again from the same browser sends another email for the same request (`resend`).
//! 4. The browser waits with the request token (`waiting`), then brings the code or the link (`redeem`).

use std::time::Duration;

use crate::domain::error::Error;
use crate::domain::limits::Asker;
use crate::domain::outbox::queue_letter;
use crate::domain::ports::Change;
use crate::domain::read::Ownership;
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::{LetterId, Nonce};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, Letter};
use crate::domain::record::next::Next;
use crate::domain::record::password::PasswordHash;
use crate::domain::record::pending::EnteredPassword;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{Generation, HeldRequest, RESEND_WAIT, Request, RequestingAccount};
use crate::domain::record::time::Timestamp;
use crate::domain::token::RequestToken;
use crate::domain::{Decision, Gatepost};

/// The answer to every request for an email. It is the same for every address.
#[derive(Clone, Debug)]
pub struct MailQueued {
    /// The request.
    pub held: HeldRequest,
    /// Proves "I made this request".
    pub request: RequestToken,
    /// The purpose of the request.
    pub purpose: Purpose,
    /// The address as it was entered.
    pub email: EmailAddress,
    /// When the request ends.
    pub expires_at: Timestamp,
    /// How long to wait before asking again.
    pub resend_after: Duration,
}

/// The email that is requested, before anything is decided.
#[derive(Clone, Debug)]
pub(in crate::domain) struct EmailRequest<'a> {
    pub(in crate::domain) purpose: Purpose,
    pub(in crate::domain) address: &'a EmailAddress,
    pub(in crate::domain) next: Option<&'a Next>,
    /// The password entered with a registration.
    pub(in crate::domain) password: Option<&'a PasswordHash>,
    /// The requesting account, for purposes that only an account can have.
    pub(in crate::domain) requester: Option<RequestingAccount>,
}

/// The request that a new one replaces.
pub(in crate::domain) struct Replaced {
    pub(in crate::domain) nonce: Nonce,
    /// The password it was left with. The new one has it too: a person who registered would not know that
    /// it has to be entered again.
    pub(in crate::domain) password: Option<EnteredPassword>,
}

impl<'a> EmailRequest<'a> {
    /// An email that anyone can request.
    pub(in crate::domain) fn new(
        purpose: Purpose,
        address: &'a EmailAddress,
        next: Option<&'a Next>,
    ) -> Self {
        Self { purpose, address, next, password: None, requester: None }
    }
}

impl Gatepost {
    /// A new request, or another email for the one among `held` that was made for the same.
    pub(in crate::domain) async fn decide_request(
        &self,
        wanted: &EmailRequest<'_>,
        held: &[HeldRequest],
        asker: &Asker<'_>,
    ) -> Result<Decision<MailQueued>, Error> {
        if let Some(earlier) = self.find_earlier_request(wanted, held).await? {
            return self.decide_resend(earlier, Some(wanted), asker).await;
        }
        let ownership = self.ownership(wanted.address).await?;
        self.decide_new_request(Change::new(), wanted, &ownership, None, asker).await
    }

    /// A new request. If it replaces one, `change` already contains the end of that one.
    pub(in crate::domain) async fn decide_new_request(
        &self,
        mut change: Change,
        wanted: &EmailRequest<'_>,
        ownership: &Ownership,
        replaced: Option<Replaced>,
        asker: &Asker<'_>,
    ) -> Result<Decision<MailQueued>, Error> {
        let (before, password) = match replaced {
            Some(Replaced { nonce, password }) => (Some(nonce), password),
            None => (None, wanted.password.cloned().map(EnteredPassword::Pending)),
        };
        let now = self.world.now();
        let requester = wanted.requester.map(|requester| requester.id);
        let nonce = Nonce(self.world.random());
        let request = Request {
            purpose: wanted.purpose,
            address: wanted.address.clone(),
            key: self.ring.newest(),
            asked_at: now,
            expires_at: now.plus(wanted.purpose.lifetime()),
            mailed_at: now,
            wrong_codes: 0,
            next: wanted.next.cloned(),
            password,
            requester: wanted.requester,
            handed_out: false,
            generation: Generation::new(0, now, ownership),
        };
        let key = Key::request(nonce);
        change.expect(key.clone(), None);
        change.put(Key::expiry(request.kept_until(), &key), Record::Expiry);
        if let Some(id) = requester {
            change.put(Key::asked(id, &key), Record::Asked);
        }
        let is_first = self.put_pending(&mut change, nonce, before, &request).await?;
        if before.is_some() && request.password.is_some() {
            self.put_registration_workload(&mut change, &request, ownership.account()).await?;
        }
        // The event does not name the account of the address: a stranger may have asked.
        let name = if is_first && ownership.account().is_none() {
            EventName::Registered
        } else {
            EventName::MailRequested
        };
        let event = Event::new(now, name, requester, asker.client);
        self.queue_letter(change, nonce, request, ownership, event, asker).await
    }

    /// What the answer to a request said that was made before.
    pub(in crate::domain) fn queued_before(
        &self,
        held: HeldRequest,
        request: &Request,
    ) -> Result<MailQueued, Error> {
        self.queued(held, request, request.resend_after(self.world.now()))
    }

    fn queued(
        &self,
        held: HeldRequest,
        request: &Request,
        resend_after: Duration,
    ) -> Result<MailQueued, Error> {
        Ok(MailQueued {
            held,
            request: self.ring.seal_request(request.key, held.0).ok_or(Error::InvalidRequest)?,
            purpose: request.purpose,
            email: request.address.clone(),
            expires_at: request.expires_at,
            resend_after,
        })
    }

    /// Puts the request and its email into one change, with the same number of writes for every address.
    pub(in crate::domain) async fn queue_letter(
        &self,
        mut change: Change,
        nonce: Nonce,
        request: Request,
        ownership: &Ownership,
        event: Event,
        asker: &Asker<'_>,
    ) -> Result<Decision<MailQueued>, Error> {
        self.put_mail(&mut change, nonce, &request, asker).await?;
        // If the address changed hands before the commit, the email would be dead on arrival.
        ownership.expected_by(&mut change);
        let now = request.mailed_at;
        // To the account's own spelling of the address. Mail hosts may tell letter case apart, and another
        // spelling may be someone else's mailbox.
        let to = ownership.account().map_or(&request.address, |account| &account.address).clone();
        let kind = self.letter_kind(&request, ownership);
        let about = About::Request { nonce, generation: request.generation.number };
        let letter =
            Letter::new(LetterId::at(now, self.world.random()), kind, to, about, [now, request.expires_at]);
        let queued = self.queued(HeldRequest(nonce), &request, RESEND_WAIT)?;
        change.put(Key::request(nonce), Record::Request(request));
        queue_letter(&mut change, letter);
        Ok(Decision::Commit { change, event: Some(event), answer: Ok(queued) })
    }
}
