//! Asking for a mail to sign in.
//!
//! 1. Somebody asks for a letter to an address. The answer is always "check your inbox": it does
//!    not depend on who stands behind the address, and neither do its bytes or its time.
//! 2. A request is committed together with the letter it owes; the outbox sends it.
//! 3. Asking again with what the asker holds is a resend: the same request, one letter more.
//! 4. The asker waits, holding the request token, and comes back with the code or by the link.

use std::time::Duration;

use super::address::EmailAddress;
use super::client::Client;
use super::error::Error;
use super::event::{Event, EventName};
use super::ids::{LetterId, Nonce};
use super::key::Key;
use super::letter::{Letter, LetterKind};
use super::next::Next;
use super::ports::{Change, Record};
use super::read::{Found, Standing};
use super::request::{Generation, Purpose, RESEND_WAIT, Request};
use super::time::Timestamp;
use super::token::RequestToken;
use super::{Decision, Gatepost};

/// The right of the one who asked: only an authentic request token becomes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRequest(Nonce);

impl HeldRequest {
    /// Which request: an opaque value, and no secret, for a page with several of them.
    #[must_use]
    pub fn nonce(self) -> Nonce {
        self.0
    }
}

/// A request that was asked before, and a change that leans on it.
struct Before {
    held: HeldRequest,
    key: Key,
    change: Change,
    request: Request,
}

impl Before {
    fn new(held: HeldRequest, found: Found<Request>) -> Option<Self> {
        let mut change = Change::new();
        found.expected_by(&mut change);
        Some(Self { held, key: found.key, change, request: found.value? })
    }
}

/// A letter is owed. The same for every address.
#[derive(Clone, Debug)]
pub struct MailQueued {
    /// Which request.
    pub held: HeldRequest,
    /// Proves "I am the one who asked".
    pub request: RequestToken,
    /// The address, as it was typed.
    pub email: EmailAddress,
    /// When the request is over.
    pub expires_at: Timestamp,
    /// How long to wait before asking again.
    pub resend_after: Duration,
}

/// What the waiting page shows to who holds the request.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Which request.
    pub held: HeldRequest,
    /// What it is for.
    pub purpose: Purpose,
    /// The address, as it was typed.
    pub email: EmailAddress,
    /// When the request is over.
    pub expires_at: Timestamp,
    /// How long to wait before asking again; zero when another mail may be asked for now.
    pub resend_after: Duration,
    /// Where its holder wanted to go.
    pub next: Option<Next>,
}

impl Gatepost {
    /// Takes the token a browser or program kept. Nothing, where it is not ours.
    #[must_use]
    pub fn held(&self, token: &str) -> Option<HeldRequest> {
        self.ring.open_request(token).map(HeldRequest)
    }

    /// Asks for a letter to `address` (steps 1 and 2), or for one more where one of the requests
    /// in `held` asked for this address and purpose before (step 3).
    ///
    /// # Errors
    /// `TooManyMails` within 30 s of the last letter of the same request; `Store`.
    pub async fn request_sign_in(
        &self,
        address: &EmailAddress,
        next: Option<&Next>,
        held: &[HeldRequest],
        client: &Client,
    ) -> Result<MailQueued, Error> {
        self.act(client, || async {
            match self.asked_before(Purpose::SignIn, address, held).await? {
                Some(before) => self.decide_again(before, next, client).await,
                None => self.decide_ask(Change::new(), Purpose::SignIn, address, next, client).await,
            }
        })
        .await
    }

    /// Asks for one more letter of a request (step 3).
    ///
    /// # Errors
    /// `InvalidRequest` when nothing is left of it; `TooManyMails` within 30 s of its last letter;
    /// `Store`.
    pub async fn resend(&self, held: HeldRequest, client: &Client) -> Result<MailQueued, Error> {
        self.act(client, || async {
            let found: Found<Request> = self.find(Key::request(held.0)).await?;
            let before = Before::new(held, found).ok_or(Error::InvalidRequest)?;
            self.decide_again(before, None, client).await
        })
        .await
    }

    /// What the holder of a request waits for (step 4).
    ///
    /// # Errors
    /// `InvalidRequest` when it is over; `Store`.
    pub async fn waiting(&self, held: HeldRequest) -> Result<Waiting, Error> {
        let request: Found<Request> = self.find(Key::request(held.0)).await?;
        let now = self.world.now();
        let request = request.value.filter(|request| !request.is_over(now)).ok_or(Error::InvalidRequest)?;
        Ok(Waiting {
            held,
            purpose: request.purpose,
            resend_after: request.resend_after(now),
            email: request.address,
            expires_at: request.expires_at,
            next: request.next,
        })
    }

    async fn asked_before(
        &self,
        purpose: Purpose,
        address: &EmailAddress,
        held: &[HeldRequest],
    ) -> Result<Option<Before>, Error> {
        for held in held {
            let found: Found<Request> = self.find(Key::request(held.0)).await?;
            let is_same = |before: &Before| {
                before.request.purpose == purpose && before.request.address.canonical() == address.canonical()
            };
            if let Some(before) = Before::new(*held, found).filter(is_same) {
                return Ok(Some(before));
            }
        }
        Ok(None)
    }

    /// A new request, in a change that may hold what became of an older one.
    async fn decide_ask(
        &self,
        mut change: Change,
        purpose: Purpose,
        address: &EmailAddress,
        next: Option<&Next>,
        client: &Client,
    ) -> Result<Decision<MailQueued>, Error> {
        let standing = self.standing(address).await?;
        let now = self.world.now();
        let nonce = Nonce(self.world.random());
        let request = Request {
            purpose,
            address: address.clone(),
            key: self.ring.newest(),
            expires_at: now.plus(purpose.lifetime()),
            mailed_at: now,
            wrong_codes: 0,
            next: next.cloned(),
            generation: Generation::new(0, now, standing.account()),
        };
        let key = Key::request(nonce);
        change.expect(key.clone(), None);
        change.put(Key::expiry(request.swept_at(), &key), Record::Expiry);
        self.owe(change, nonce, request, &standing, client)
    }

    /// One more letter of the same family, or the next generation where this one can sign in no
    /// more, or a new request where the holder's side of it is over. The holder cannot tell the
    /// first two apart.
    async fn decide_again(
        &self,
        before: Before,
        next: Option<&Next>,
        client: &Client,
    ) -> Result<Decision<MailQueued>, Error> {
        let Before { held, key, mut change, mut request } = before;
        let now = self.world.now();
        let retry_after = request.resend_after(now);
        if !retry_after.is_zero() {
            return Err(Error::TooManyMails { retry_after });
        }
        let next = next.or(request.next.as_ref()).cloned();
        request.mailed_at = now;
        if request.is_over(now) || request.is_spent() {
            // The old one is written too: its holder has to wait for the next letter as ever.
            let (purpose, address) = (request.purpose, request.address.clone());
            change.put(key, Record::Request(request));
            return self.decide_ask(change, purpose, &address, next.as_ref(), client).await;
        }
        let standing = self.standing(&request.address).await?;
        if request.generation.used.is_some() || request.is_void(standing.account()) {
            let number = request.generation.number.wrapping_add(1);
            request.generation = Generation::new(number, now, standing.account());
        } else {
            request.generation.owed = request.generation.owed.saturating_add(1);
        }
        request.next = next;
        self.owe(change, held.0, request, &standing, client)
    }

    /// Puts the request and the letter it owes into one change. The same number of writes for
    /// every address.
    fn owe(
        &self,
        mut change: Change,
        nonce: Nonce,
        request: Request,
        standing: &Standing,
        client: &Client,
    ) -> Result<Decision<MailQueued>, Error> {
        let now = request.mailed_at;
        let letter = Letter {
            id: LetterId(self.world.random()),
            kind: self.letter_kind(standing),
            // To the mailbox that was proven, in its own spelling: hosts may tell letter case apart,
            // and another spelling be somebody else's mailbox.
            to: standing.account().map_or(&request.address, |account| &account.address).clone(),
            nonce,
            generation: request.generation.number,
            queued_at: now,
            give_up_at: request.expires_at,
            tries: 0,
            lease: None,
        };
        let queued = MailQueued {
            held: HeldRequest(nonce),
            request: self.ring.seal_request(request.key, nonce).ok_or(Error::InvalidRequest)?,
            email: request.address.clone(),
            expires_at: request.expires_at,
            resend_after: RESEND_WAIT,
        };
        change.put(Key::request(nonce), Record::Request(request));
        change.put(Key::letter(now, letter.id), Record::Letter(letter));
        // Whose account it is stands in no event here: a stranger may have asked.
        let event = Event::new(now, EventName::MailRequested, None, client);
        Ok(Decision::Commit { change, event: Some(event), answer: Ok(queued) })
    }

    fn letter_kind(&self, standing: &Standing) -> LetterKind {
        if standing.account().is_some() || self.settings.registration {
            LetterKind::SignIn
        } else {
            LetterKind::NoAccount
        }
    }
}
