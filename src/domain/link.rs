//! Redeeming a request: the link of a letter, or its code.
//!
//! 1. Somebody opens the link. Looking changes nothing, however often and by whatever machine.
//! 2. It is redeemed by who asked for it (who holds the request token), or by a deliberate human
//!    act ("I asked for this"). A mail scanner has neither.
//! 3. Or the asker types the code. A wrong one is counted before it is answered.
//! 4. One commit uses the request, finds or makes the account and opens the session, so no race
//!    redeems twice.
//! 5. The asker who brings it all again within a minute gets the same session and answer.

use subtle::ConstantTimeEq;

use super::account::Account;
use super::address::EmailAddress;
use super::client::Client;
use super::error::Error;
use super::event::{Event, EventName};
use super::ids::{AccountId, Nonce, SessionId};
use super::key::Key;
use super::letter::Code;
use super::next::Next;
use super::ports::{Change, Record};
use super::read::{Found, Standing};
use super::request::{Outcome, Purpose, REPEAT_WINDOW, Request, Used};
use super::session::{Means, SignedIn};
use super::sign_in::HeldRequest;
use super::time::Timestamp;
use super::token::{LinkClaims, SessionClaims};
use super::{Decision, Gatepost};

/// What a landing page shows of a link that can still be redeemed, or was redeemed just here.
#[derive(Clone, Debug)]
pub struct LinkView {
    /// What it is for.
    pub purpose: Purpose,
    /// Whose sign-in it is.
    pub email: EmailAddress,
    /// When link and code end.
    pub expires_at: Timestamp,
    /// Whether the one who looks is the one who asked.
    pub asker: Asker,
    /// The code to type where it was asked for: for who looks and did not ask, while it is good.
    pub code: Option<Code>,
    /// What it came to, where the session that was made of it is the one of who looks.
    pub redeemed_here: Option<Redeemed>,
}

/// Who looks at a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Holds the request of this very link.
    Yes,
    /// Anybody else.
    No,
}

/// Who brings a link, and with what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bearer<'a> {
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
    /// Where the asker wanted to go. Nobody else is led there: it is the asker's own wish.
    pub next: Option<Next>,
}

/// How a redemption is proven: decides what a refusal is called and what the session remembers.
#[derive(Clone, Copy)]
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
    /// What stands behind a link (step 1). Changes nothing.
    ///
    /// # Errors
    /// `InvalidLink` for every link that signs in no more, whatever the reason; `Store`.
    pub async fn show_link(&self, token: &str, bearer: Bearer<'_>) -> Result<LinkView, Error> {
        let (claims, found) = self.open_link(token).await?;
        let request = found.value.ok_or(Error::InvalidLink)?;
        let asker = asks(claims.nonce, bearer.held);
        let redeemed_here = self.redeemed_here(&request, bearer).await?;
        if redeemed_here.is_none() {
            let repeated = match asker {
                Asker::Yes => self.repeated(&request).await?,
                Asker::No => None,
            };
            let standing = self.standing(&request.address).await?;
            if repeated.is_none() && !self.is_redeemable(&request, &standing) {
                tell_reuse(&request);
                return Err(Error::InvalidLink);
            }
        }
        Ok(LinkView {
            purpose: request.purpose,
            expires_at: request.live_until(),
            code: self.code_to_carry(&claims, &request, asker),
            email: request.address,
            asker,
            redeemed_here,
        })
    }

    /// Which request a link belongs to, so that a browser can let go of it once it is redeemed.
    #[must_use]
    pub fn request_of_link(&self, token: &str) -> Option<Nonce> {
        self.ring.open_link(token).map(|claims| claims.nonce)
    }

    /// The link and its code stand in one letter: who holds the one is told nothing by the other.
    fn code_to_carry(&self, claims: &LinkClaims, request: &Request, asker: Asker) -> Option<Code> {
        let is_good = !request.is_spent() && !request.is_over(self.world.now());
        if asker == Asker::No && is_good { self.ring.code(claims) } else { None }
    }

    /// Redeems a link (steps 2, 4 and 5).
    ///
    /// # Errors
    /// `InvalidLink`; `ConfirmationRequired` from who neither asked nor ticked; `Store`.
    pub async fn redeem_link(
        &self,
        token: &str,
        bearer: Bearer<'_>,
        client: &Client,
    ) -> Result<Redeemed, Error> {
        self.act(client, || async {
            let (claims, found) = self.open_link(token).await?;
            self.decide_redeem(Proof::Link, claims, found, bearer, client).await
        })
        .await
    }

    /// Redeems the code of a request that the caller holds (steps 3 to 5).
    ///
    /// # Errors
    /// `WrongCode`, counted; `InvalidRequest` when the request is over or spent, or when the right
    /// code comes too late; `Store`.
    pub async fn redeem_code(
        &self,
        held: HeldRequest,
        code: &Code,
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
            let right = self.ring.code(&claims).ok_or(Error::InvalidRequest)?;
            if !bool::from(right.as_str().as_bytes().ct_eq(code.as_str().as_bytes())) {
                return Ok(count_wrong_code(found, now, client));
            }
            let bearer = Bearer { held: &[held], confirm: false, session };
            self.decide_redeem(Proof::Code, claims, found, bearer, client).await
        })
        .await
    }

    /// The request of a link, as long as the link is of its present generation.
    async fn open_link(&self, token: &str) -> Result<(LinkClaims, Found<Request>), Error> {
        let claims = self.ring.open_link(token).ok_or(Error::InvalidLink)?;
        let found: Found<Request> = self.find(Key::request(claims.nonce)).await?;
        let is_its =
            |request: &Request| request.generation.number == claims.generation && request.key == claims.key;
        if found.value.as_ref().is_some_and(is_its) { Ok((claims, found)) } else { Err(Error::InvalidLink) }
    }

    async fn decide_redeem(
        &self,
        proof: Proof,
        claims: LinkClaims,
        found: Found<Request>,
        bearer: Bearer<'_>,
        client: &Client,
    ) -> Result<Decision<Redeemed>, Error> {
        let request = found.value.as_ref().ok_or_else(|| proof.refusal())?;
        let asker = asks(claims.nonce, bearer.held);
        if let Some(redeemed) = self.redeemed_here(request, bearer).await? {
            return Ok(Decision::Answer(redeemed));
        }
        if asker == Asker::Yes
            && let Some(redeemed) = self.repeated(request).await?
        {
            return Ok(Decision::Answer(redeemed));
        }
        let standing = self.standing(&request.address).await?;
        if !self.is_redeemable(request, &standing) {
            tell_reuse(request);
            return Err(proof.refusal());
        }
        // What scanners cannot do: hold the asker's token, or tick that they asked (SEC-22).
        if asker == Asker::No && !bearer.confirm {
            return Err(Error::ConfirmationRequired);
        }
        self.use_up(proof, found, &standing, asker, bearer.session, client).await
    }

    /// Step 4. What it leans on is expected: the request, and who stands behind its address.
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
        request.generation.used = Some(Used { at: now, account: account.id, session: session.id, outcome });
        let next = request.next.clone().filter(|_| asker == Asker::Yes);
        change.put(found.key, Record::Request(request));
        change.put(Key::account(account.id), Record::Account(account.clone()));
        let name = match outcome {
            Outcome::Confirmed => EventName::AccountConfirmed,
            Outcome::SignedIn => EventName::SignedIn,
        };
        let event = Event::new(now, name, Some(account.id), client);
        let signed_in = self.signed_in(account, session)?;
        Ok(Decision::Commit { change, event, answer: Ok(Redeemed { outcome, signed_in, next }) })
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

    fn is_redeemable(&self, request: &Request, standing: &Standing) -> bool {
        let now = self.world.now();
        let may_be = standing.account().is_some() || self.settings.registration;
        let is_live = now < request.live_until();
        is_live && may_be && request.generation.used.is_none() && !request.is_void(standing.account())
    }

    /// Step 5: what the asker was answered less than a minute ago, while that session lives.
    async fn repeated(&self, request: &Request) -> Result<Option<Redeemed>, Error> {
        let now = self.world.now();
        match &request.generation.used {
            Some(used) if now < used.at.plus(REPEAT_WINDOW) => {
                self.redeemed(request, used.account, used.session, used.outcome).await
            }
            _ => Ok(None),
        }
    }

    /// What was made of a request in the very session that looks: a double click, or Back.
    async fn redeemed_here(&self, request: &Request, bearer: Bearer<'_>) -> Result<Option<Redeemed>, Error> {
        let claims = bearer.session.and_then(|token| self.ring.open_session(token));
        match (&request.generation.used, claims) {
            (Some(used), Some(SessionClaims { account, session, .. }))
                if used.account == account && used.session == session =>
            {
                self.redeemed(request, account, session, used.outcome).await
            }
            _ => Ok(None),
        }
    }

    async fn redeemed(
        &self,
        request: &Request,
        account: AccountId,
        session: SessionId,
        outcome: Outcome,
    ) -> Result<Option<Redeemed>, Error> {
        let live = self.live_session(account, session).await?;
        live.map(|(account, session)| {
            let signed_in = self.signed_in(account, session)?;
            Ok(Redeemed { outcome, signed_in, next: request.next.clone() })
        })
        .transpose()
    }
}

fn asks(nonce: Nonce, held: &[HeldRequest]) -> Asker {
    if held.iter().any(|held| held.nonce() == nonce) { Asker::Yes } else { Asker::No }
}

/// Counted in a commit before the answer: parallel guesses cannot share one count (SEC-34).
fn count_wrong_code<T>(found: Found<Request>, now: Timestamp, client: &Client) -> Decision<T> {
    let mut change = Change::new();
    found.expected_by(&mut change);
    let mut request = found.value.expect("only a request that was found has a code");
    request.wrong_codes += 1;
    change.put(found.key, Record::Request(request));
    let event = Event::new(now, EventName::WrongCode, None, client);
    Decision::Commit { change, event, answer: Err(Error::WrongCode) }
}

/// A refused redemption commits nothing; the log still tells a second click from a forged link.
fn tell_reuse(request: &Request) {
    if let Some(used) = &request.generation.used {
        tracing::warn!(event = "authn_token_reuse", account.id = %used.account);
    }
}
