//! Asking for a letter: what everything that is proven by mail shares.
//!
//! 1. Somebody asks for a letter to an address. The answer is always "check your inbox": it does
//!    not depend on who stands behind the address, and neither do its bytes or its time.
//! 2. A request is committed together with the letter it owes; the outbox sends it.
//! 3. Asking again with what the asker holds is a resend: the same request, one letter more.
//! 4. The asker waits, holding the request token (`waiting`), and comes back with the code or by the
//!    link (`redeem`).

use std::time::Duration;

use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::{Found, Standing};
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::{LetterId, Nonce};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, Letter};
use crate::domain::record::next::Next;
use crate::domain::record::password::PasswordHash;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::record::request::{AskingAccount, Generation, RESEND_WAIT, Request};
use crate::domain::record::time::Timestamp;
use crate::domain::token::RequestToken;
use crate::domain::{Decision, Gatepost};

/// A letter is owed. The same for every address.
#[derive(Clone, Debug)]
pub struct MailQueued {
    /// Which request.
    pub held: HeldRequest,
    /// Proves "I am the one who asked".
    pub request: RequestToken,
    /// What it is for.
    pub purpose: Purpose,
    /// The address, as it was typed.
    pub email: EmailAddress,
    /// When the request is over.
    pub expires_at: Timestamp,
    /// How long to wait before asking again.
    pub resend_after: Duration,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Ask<'a> {
    pub(in crate::domain) purpose: Purpose,
    pub(in crate::domain) address: &'a EmailAddress,
    pub(in crate::domain) next: Option<&'a Next>,
    /// What was typed with a registration; none asks for one more letter with whatever was typed.
    pub(in crate::domain) password: Option<&'a PasswordHash>,
    /// Who asks, where only an account can.
    pub(in crate::domain) asker: Option<AskingAccount>,
}

impl<'a> Ask<'a> {
    /// A letter that anybody can ask for.
    pub(in crate::domain) fn new(
        purpose: Purpose,
        address: &'a EmailAddress,
        next: Option<&'a Next>,
    ) -> Self {
        Self { purpose, address, next, password: None, asker: None }
    }
}

/// A request that was asked before, and a change that leans on it.
pub(in crate::domain) struct Before {
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

impl Gatepost {
    /// Asks for one more letter of a request (step 3).
    ///
    /// # Errors
    /// `InvalidRequest` when nothing is left of it; `TooManyMails` within 30 s of its last letter;
    /// `Store`.
    pub async fn resend(&self, held: HeldRequest, client: &Client) -> Result<MailQueued, Error> {
        self.act(client, || async {
            let found: Found<Request> = self.find(Key::request(held.0)).await?;
            let before = Before::new(held, found).ok_or(Error::InvalidRequest)?;
            self.may_resend(&before).await?;
            self.decide_again(before, None, client).await
        })
        .await
    }

    /// A new request, or one more letter of the one in `held` that asked for the same before.
    pub(in crate::domain) async fn decide_ask(
        &self,
        ask: &Ask<'_>,
        held: &[HeldRequest],
        client: &Client,
    ) -> Result<Decision<MailQueued>, Error> {
        match self.asked_before(ask, held).await? {
            Some(before) => self.decide_again(before, Some(ask), client).await,
            None => self.decide_anew(Change::new(), ask, None, client).await,
        }
    }

    /// The wait between two letters, before anything is computed.
    pub(in crate::domain) async fn may_ask(&self, ask: &Ask<'_>, held: &[HeldRequest]) -> Result<(), Error> {
        match self.asked_before(ask, held).await? {
            Some(before) => in_time(&before.request, self.world.now()),
            None => Ok(()),
        }
    }

    /// What cannot begin anew without what was typed or who was signed in: that has to come again.
    async fn may_resend(&self, before: &Before) -> Result<(), Error> {
        let (request, nonce) = (&before.request, before.held.0);
        let is_over = request.is_over(self.world.now());
        let is_dead = match request.asker {
            Some(asker) => {
                let standing = self.standing_of(request).await?;
                is_over || request.is_spent() || request.is_left_by(nonce, &asker, &standing)
            }
            None => is_over && request.purpose == Purpose::Register,
        };
        if is_dead { Err(Error::InvalidRequest) } else { Ok(()) }
    }

    async fn asked_before(&self, ask: &Ask<'_>, held: &[HeldRequest]) -> Result<Option<Before>, Error> {
        let keys = held.iter().map(|held| Key::request(held.0)).collect();
        let found = self.find_all::<Request>(keys).await?;
        let asker = ask.asker.map(|asker| asker.id);
        let is_same = |before: &Before| {
            before.request.purpose == ask.purpose
                && before.request.address.canonical() == ask.address.canonical()
                && before.request.asker.map(|asker| asker.id) == asker
        };
        Ok(held.iter().zip(found).filter_map(|(held, found)| Before::new(*held, found)).find(is_same))
    }

    /// A new request, in a change that may hold what became of the one before.
    async fn decide_anew(
        &self,
        mut change: Change,
        ask: &Ask<'_>,
        before: Option<Nonce>,
        client: &Client,
    ) -> Result<Decision<MailQueued>, Error> {
        let standing = self.standing(ask.address).await?;
        let now = self.world.now();
        let asker = ask.asker.map(|asker| asker.id);
        let nonce = Nonce(self.world.random());
        let request = Request {
            purpose: ask.purpose,
            address: ask.address.clone(),
            key: self.ring.newest(),
            asked_at: now,
            expires_at: now.plus(ask.purpose.lifetime()),
            mailed_at: now,
            wrong_codes: 0,
            next: ask.next.cloned(),
            password: ask.password.cloned(),
            asker: ask.asker,
            handed_out: false,
            generation: Generation::new(0, now, &standing),
        };
        let key = Key::request(nonce);
        change.expect(key.clone(), None);
        change.put(Key::expiry(request.swept_at(), &key), Record::Expiry);
        if let Some(id) = asker {
            change.put(Key::asked(id, &key), Record::Asked);
        }
        let is_first = self.put_pending(&mut change, nonce, before, &request).await?;
        // Whose account it is stands in no event here: a stranger may have asked.
        let name = if is_first && standing.account().is_none() {
            EventName::Registered
        } else {
            EventName::MailRequested
        };
        self.owe(change, nonce, request, &standing, Event::new(now, name, asker, client))
    }

    /// One more letter of the same family, or the next generation where this one can sign in no
    /// more, or a new request where the holder's side of it is over. The holder cannot tell the
    /// first two apart.
    async fn decide_again(
        &self,
        before: Before,
        ask: Option<&Ask<'_>>,
        client: &Client,
    ) -> Result<Decision<MailQueued>, Error> {
        let Before { held, key, mut change, mut request } = before;
        let now = self.world.now();
        in_time(&request, now)?;
        request.mailed_at = now;
        let asker = self.asking_now(&request, ask).await?;
        let is_waiting = self.is_pending(&request.address, held.0).await?;
        if let Some(ask) = ask {
            request.next = ask.next.cloned().or(request.next);
            request.password = ask.password.cloned();
        } else if !is_waiting && request.password.is_some() {
            // It gave way to newer ones, or somebody has proven the address since.
            request.password = None;
            if request.is_spent() {
                // A new request would come without it: it has to be typed again.
                return Err(Error::InvalidRequest);
            }
        }
        if request.is_over(now) || request.is_spent() || request.generation.number == u8::MAX {
            // The old one is written too: its holder has to wait for the next letter as ever, and its
            // link may live on.
            change.put(key, Record::Request(request.clone()));
            let password = request.password.as_ref();
            let (address, next) = (&request.address, request.next.as_ref());
            let again = Ask { password, asker, ..Ask::new(request.purpose, address, next) };
            let ask = ask.unwrap_or(&again);
            let ask = Ask { next: ask.next.or(next), ..ask.clone() };
            return self.decide_anew(change, &ask, Some(held.0), client).await;
        }
        // A code proves who is signed in to the session that asked, and once.
        let is_left_over = request.purpose == Purpose::Reauthenticate && request.asker != asker;
        request.asker = asker;
        let standing = self.standing_of(&request).await?;
        if is_left_over || request.generation.used.is_some() || request.is_void(held.0, &standing) {
            let number = request.generation.number + 1;
            request.generation = Generation::new(number, now, &standing);
        } else {
            request.generation.owed = request.generation.owed.saturating_add(1);
        }
        if ask.is_some() {
            self.put_pending(&mut change, held.0, Some(held.0), &request).await?;
        }
        let asker = request.asker.map(|asker| asker.id);
        let event = Event::new(now, EventName::MailRequested, asker, client);
        self.owe(change, held.0, request, &standing, event)
    }

    /// Who asks again, where only an account can, as it stands now.
    async fn asking_now(
        &self,
        request: &Request,
        ask: Option<&Ask<'_>>,
    ) -> Result<Option<AskingAccount>, Error> {
        match (ask, request.asker) {
            (Some(ask), _) => Ok(ask.asker),
            (None, Some(asker)) if request.purpose == Purpose::Reauthenticate => {
                let acting = self.acting(asker.id, asker.session).await?.ok_or(Error::InvalidRequest)?;
                Ok(Some(AskingAccount::of(&acting.account, &acting.session)))
            }
            (None, asker) => Ok(asker),
        }
    }

    /// Puts the request and the letter it owes into one change. The same number of writes for
    /// every address.
    fn owe(
        &self,
        mut change: Change,
        nonce: Nonce,
        request: Request,
        standing: &Standing,
        event: Event,
    ) -> Result<Decision<MailQueued>, Error> {
        // Whoever comes to stand there meanwhile would get a letter that is dead at birth.
        standing.expected_by(&mut change);
        let now = request.mailed_at;
        let letter = Letter {
            id: LetterId(self.world.random()),
            kind: self.letter_kind(request.purpose, standing),
            // To the mailbox that was proven, in its own spelling: hosts may tell letter case apart,
            // and another spelling be somebody else's mailbox.
            to: standing.account().map_or(&request.address, |account| &account.address).clone(),
            about: About::Request { nonce, generation: request.generation.number },
            queued_at: now,
            give_up_at: request.expires_at,
            tries: 0,
            lease: None,
        };
        let queued = MailQueued {
            held: HeldRequest(nonce),
            request: self.ring.seal_request(request.key, nonce).ok_or(Error::InvalidRequest)?,
            purpose: request.purpose,
            email: request.address.clone(),
            expires_at: request.expires_at,
            resend_after: RESEND_WAIT,
        };
        change.put(Key::request(nonce), Record::Request(request));
        change.put(Key::letter(now, letter.id), Record::Letter(letter));
        Ok(Decision::Commit { change, event: Some(event), answer: Ok(queued) })
    }
}

fn in_time(request: &Request, now: Timestamp) -> Result<(), Error> {
    let retry_after = request.resend_after(now);
    if retry_after.is_zero() { Ok(()) } else { Err(Error::TooManyMails { retry_after }) }
}
