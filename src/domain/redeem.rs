//! Redeeming a request: by the link of a letter, or by its code.
//!
//! 1. A link is redeemed by who asked for it (who holds the request token), or by a deliberate
//!    human act ("I asked for this"). A mail scanner has neither.
//! 2. Or the asker types the code. A wrong one is counted before it is answered.
//! 3. One commit uses the request, finds or makes the account and opens the session, so no race
//!    redeems twice.
//! 4. The asker who brings it all again within a minute gets the same session and answer.

use subtle::ConstantTimeEq;

use super::account::Account;
use super::address::EmailAddress;
use super::client::Client;
use super::error::Error;
use super::event::{Event, EventName};
use super::ids::AccountId;
use super::key::Key;
use super::letter::Code;
use super::link::asks;
use super::next::Next;
use super::ports::{Change, Record};
use super::read::{Found, Standing};
use super::request::{Asker, Outcome, REPEAT_WINDOW, Request, Used};
use super::session::{Means, SignedIn};
use super::sign_in::HeldRequest;
use super::time::Timestamp;
use super::token::{LinkClaims, SessionClaims};
use super::{Decision, Gatepost};

/// Who brings a link, and with what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Redeemer<'a> {
    /// The requests this browser or program holds.
    pub held: &'a [HeldRequest],
    /// Whether a person ticked "I asked for this".
    pub confirm: bool,
    /// The token of the session it is signed in with, if it is. That session ends with the new one.
    pub session: Option<&'a str>,
}

/// Somebody is signed in.
#[derive(Clone, Debug)]
pub struct Redeemed {
    /// What it came to.
    pub outcome: Outcome,
    /// Whose account, which session, and its token.
    pub signed_in: SignedIn,
    /// Where to go on, for the asker alone.
    pub next: Option<Next>,
}

/// How a redemption is proven: decides what a refusal is called and what the session remembers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    Link,
    Code,
}

impl Proof {
    fn refusal(self) -> Error {
        match self {
            Self::Link => Error::InvalidLink,
            Self::Code => Error::InvalidRequest,
        }
    }

    fn means(self) -> Means {
        match self {
            Self::Link => Means::Link,
            Self::Code => Means::Code,
        }
    }
}

impl Gatepost {
    /// Redeems a link (steps 1, 3 and 4).
    ///
    /// # Errors
    /// `InvalidLink`; `ConfirmationRequired` from who neither asked nor ticked; `Store`.
    pub async fn redeem_link(
        &self,
        token: &str,
        redeemer: Redeemer<'_>,
        client: &Client,
    ) -> Result<Redeemed, Error> {
        self.act(client, || async {
            let (claims, request) = self.open_link(token).await?;
            self.decide_redeem(Proof::Link, claims, &request.address, redeemer, client).await
        })
        .await
    }

    /// Redeems the code of a request that the caller holds (steps 2 to 4); nothing in place of the
    /// code, when what was typed cannot be one.
    ///
    /// # Errors
    /// `WrongCode`, counted; `InvalidRequest` when the request is over or spent, or when the right
    /// code comes too late; `Store`.
    pub async fn redeem_code(
        &self,
        held: HeldRequest,
        code: Option<&Code>,
        session: Option<&str>,
        client: &Client,
    ) -> Result<Redeemed, Error> {
        self.act(client, || async {
            let found: Found<Request> = self.find(Key::request(held.nonce())).await?;
            let request = found.value.as_ref().ok_or(Error::InvalidRequest)?;
            let now = self.world.now();
            if request.is_over(now) || request.is_spent() {
                return Err(Error::InvalidRequest);
            }
            let claims =
                LinkClaims { key: request.key, nonce: held.nonce(), generation: request.generation.number };
            // What cannot be a code at all is wrong without costing a try.
            let code = code.ok_or(Error::WrongCode)?;
            let right = self.ring.code(&claims).ok_or(Error::InvalidRequest)?;
            if !bool::from(right.as_str().as_bytes().ct_eq(code.as_str().as_bytes())) {
                return Ok(count_wrong_code(found, now, client));
            }
            let redeemer = Redeemer { held: &[held], confirm: false, session };
            self.decide_redeem(Proof::Code, claims, &request.address, redeemer, client).await
        })
        .await
    }

    async fn decide_redeem(
        &self,
        proof: Proof,
        claims: LinkClaims,
        address: &EmailAddress,
        redeemer: Redeemer<'_>,
        client: &Client,
    ) -> Result<Decision<Redeemed>, Error> {
        let (standing, found) = self.judge(&claims, address).await?;
        let request = found.value.as_ref().ok_or_else(|| proof.refusal())?;
        let asker = asks(claims.nonce, redeemer.held);
        if let Some(redeemed) = self.redeemed_here(request, redeemer).await? {
            return Ok(Decision::Answer(redeemed));
        }
        if asker == Asker::Yes
            && let Some(redeemed) = self.repeated(request).await?
        {
            return Ok(Decision::Answer(redeemed));
        }
        // Guesses that came meanwhile may have used up the tries since this one was compared: the
        // commit below holds only while they have not.
        let is_spent = proof == Proof::Code && request.is_spent();
        if is_spent || !self.is_redeemable(request, &standing) {
            request.tell_reuse(client);
            return Err(proof.refusal());
        }
        // What scanners cannot do: hold the asker's token, or tick that they asked.
        if asker == Asker::No && !redeemer.confirm {
            return Err(Error::ConfirmationRequired);
        }
        self.use_up(proof, found, &standing, asker, redeemer.session, client).await
    }

    /// Step 3. What it leans on is expected: the request, and who stands behind its address.
    async fn use_up(
        &self,
        proof: Proof,
        found: Found<Request>,
        standing: &Standing,
        asker: Asker,
        left: Option<&str>,
        client: &Client,
    ) -> Result<Decision<Redeemed>, Error> {
        let mut change = Change::new();
        found.expected_by(&mut change);
        standing.expected_by(&mut change);
        let now = self.world.now();
        let mut request = found.value.ok_or_else(|| proof.refusal())?;
        let (outcome, account) = self.account_for(&request, standing.account(), now);
        if outcome == Outcome::Confirmed {
            change.put(Key::owner(&account.address.canonical()), Record::Owner(account.id));
        }
        let session = self.new_session(&account, proof.means(), now, client);
        self.put_session(&mut change, &session, left).await?;
        request.generation.used =
            Some(Used { at: now, account: account.id, session: session.id, outcome, by: asker });
        let next = led_to(&request, asker);
        change.put(found.key, Record::Request(request));
        change.put(Key::account(account.id), Record::Account(account.clone()));
        let name = match outcome {
            Outcome::Confirmed => EventName::AccountConfirmed,
            Outcome::SignedIn => EventName::SignedIn,
        };
        let event = Event::new(now, name, Some(account.id), client);
        let signed_in = self.signed_in(account, session)?;
        Ok(Decision::Commit { change, event: Some(event), answer: Ok(Redeemed { outcome, signed_in, next }) })
    }

    /// The account of the address, made now where there is none. It remembers that this request was
    /// used, which makes those asked for before it void.
    fn account_for(
        &self,
        request: &Request,
        account: Option<&Account>,
        now: Timestamp,
    ) -> (Outcome, Account) {
        let asked_at = request.generation.asked_at;
        if let Some(account) = account {
            let sign_in_used = account.sign_in_used.max(asked_at);
            (Outcome::SignedIn, Account { sign_in_used, ..account.clone() })
        } else {
            let account = Account {
                id: AccountId(self.world.random()),
                address: request.address.clone(),
                registered_at: asked_at,
                confirmed_at: now,
                epoch: 0,
                sign_in_used: asked_at,
            };
            (Outcome::Confirmed, account)
        }
    }

    pub(super) fn is_redeemable(&self, request: &Request, standing: &Standing) -> bool {
        let now = self.world.now();
        let may_be = standing.account().is_some() || self.settings.registration;
        let is_live = now < request.live_until();
        is_live && may_be && request.generation.used.is_none() && !request.is_void(standing.account())
    }

    /// Step 4: what the asker was answered less than a minute ago, while that session lives.
    pub(super) async fn repeated(&self, request: &Request) -> Result<Option<Redeemed>, Error> {
        let now = self.world.now();
        match &request.generation.used {
            Some(used) if now < used.at.plus(REPEAT_WINDOW) => self.redeemed(request, used, Asker::Yes).await,
            _ => Ok(None),
        }
    }

    /// What was made of a request in the very session that looks: a double click, or Back.
    pub(super) async fn redeemed_here(
        &self,
        request: &Request,
        redeemer: Redeemer<'_>,
    ) -> Result<Option<Redeemed>, Error> {
        let claims = redeemer.session.and_then(|token| self.ring.open_session(token));
        match (&request.generation.used, claims) {
            (Some(used), Some(SessionClaims { account, session, .. }))
                if used.account == account && used.session == session =>
            {
                self.redeemed(request, used, used.by).await
            }
            _ => Ok(None),
        }
    }

    /// What a request came to, told again `to` whom, while the session lives.
    async fn redeemed(&self, request: &Request, used: &Used, to: Asker) -> Result<Option<Redeemed>, Error> {
        let live = self.live_session(used.account, used.session).await?;
        live.map(|(account, session)| {
            let signed_in = self.signed_in(account, session)?;
            Ok(Redeemed { outcome: used.outcome, signed_in, next: led_to(request, to) })
        })
        .transpose()
    }
}

/// Where the asker wanted to go, and nobody else is led: it may be a stranger's wish.
fn led_to(request: &Request, asker: Asker) -> Option<Next> {
    request.next.clone().filter(|_| asker == Asker::Yes)
}

/// Counted in a commit before the answer: parallel guesses cannot share one count.
fn count_wrong_code<T>(found: Found<Request>, now: Timestamp, client: &Client) -> Decision<T> {
    let mut change = Change::new();
    found.expected_by(&mut change);
    let mut request = found.value.expect("only a request that was found has a code");
    request.wrong_codes += 1;
    change.put(found.key, Record::Request(request));
    let event = Event::new(now, EventName::WrongCode, None, client);
    Decision::Commit { change, event: Some(event), answer: Err(Error::WrongCode) }
}
