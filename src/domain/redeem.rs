//! Redeeming a request: by the link of a letter, or by its code.
//!
//! 1. A link is redeemed by who asked for it (who holds the request token), or by a deliberate
//!    human act ("I asked for this"). A mail scanner has neither.
//! 2. Or the asker types the code. A wrong one is counted before it is answered.
//! 3. One commit uses the request, finds or makes the account and opens the session, so no race
//!    redeems twice. A password that was typed with a registration becomes the account's in the browser
//!    where it was typed; anywhere else it is dropped, and another one may be chosen.
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
use super::password::{Password, PasswordHash};
use super::ports::{Change, Record};
use super::read::{Found, Standing};
use super::repeat::led_to;
use super::request::{Asker, Outcome, Purpose, Request, Used};
use super::session::{Means, SignedIn};
use super::time::Timestamp;
use super::token::LinkClaims;
use super::waiting::HeldRequest;
use super::{Decision, Gatepost};

/// Who brings a link, and with what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Redeemer<'a> {
    /// The requests this browser or program holds.
    pub held: &'a [HeldRequest],
    /// Whether a person ticked "I asked for this".
    pub confirm: bool,
    /// The password a person chose to go with a registration that was typed elsewhere.
    pub password: Option<&'a Password>,
    /// The token of the session it is signed in with, if it is. That session ends with the new one.
    pub session: Option<&'a str>,
}

/// Somebody is signed in.
#[derive(Clone, Debug)]
pub struct Redeemed {
    /// What it was asked for.
    pub purpose: Purpose,
    /// What it came to.
    pub outcome: Outcome,
    /// Whose account, which session, and its token.
    pub signed_in: SignedIn,
    /// Where to go on, for the asker alone.
    pub next: Option<Next>,
}

/// How a redemption is proven: decides what a refusal is called and what the session remembers.
#[derive(Clone, Copy)]
enum Proof<'a> {
    /// By a link; with the password that was chosen there.
    Link(Option<&'a PasswordHash>),
    Code,
}

impl Proof<'_> {
    fn refusal(self) -> Error {
        match self {
            Self::Link(_) => Error::InvalidLink,
            Self::Code => Error::InvalidRequest,
        }
    }

    fn means(self) -> Means {
        match self {
            Self::Link(_) => Means::Link,
            Self::Code => Means::Code,
        }
    }
}

impl Gatepost {
    /// Redeems a link (steps 1, 3 and 4).
    ///
    /// # Errors
    /// `InvalidLink`; `ConfirmationRequired` from who neither asked nor ticked; `WeakPassword`, where one
    /// is chosen; `Store`.
    pub async fn redeem_link(
        &self,
        token: &str,
        redeemer: Redeemer<'_>,
        client: &Client,
    ) -> Result<Redeemed, Error> {
        let chosen = self.chosen_password(token, redeemer).await?;
        self.act(client, || async {
            let (claims, request) = self.open_link(token).await?;
            let proof = Proof::Link(chosen.as_ref());
            self.decide_redeem(proof, claims, &request.address, redeemer, client).await
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
            let redeemer = Redeemer { held: &[held], session, ..Redeemer::default() };
            self.decide_redeem(Proof::Code, claims, &request.address, redeemer, client).await
        })
        .await
    }

    /// The password that was chosen on the landing page of a registration that was typed elsewhere,
    /// hashed; nothing where none was chosen, or where there is nothing to choose.
    async fn chosen_password(
        &self,
        token: &str,
        redeemer: Redeemer<'_>,
    ) -> Result<Option<PasswordHash>, Error> {
        let Some(password) = redeemer.password.filter(|password| !password.is_empty()) else {
            return Ok(None);
        };
        let (claims, request) = self.open_link(token).await?;
        let (standing, found) = self.judge(&claims, &request.address).await?;
        let is_elsewhere = asks(claims.nonce, redeemer.held) == Asker::No && redeemer.confirm;
        match found.value {
            Some(request)
                if is_elsewhere && request.makes_account() && self.is_redeemable(&request, &standing) =>
            {
                self.settings.passwords.check(password, &request.address)?;
                Ok(Some(self.hash_under(&request.address, password).await?))
            }
            _ => Ok(None),
        }
    }

    async fn decide_redeem(
        &self,
        proof: Proof<'_>,
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
        let is_spent = matches!(proof, Proof::Code) && request.is_spent();
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
        proof: Proof<'_>,
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
        let password = match (proof, asker) {
            (Proof::Link(chosen), Asker::No) => chosen,
            _ => request.password.as_ref(),
        };
        let (outcome, account) = self.account_for(&request, standing.account(), password, now);
        if outcome == Outcome::Confirmed {
            change.put(Key::owner(&account.address.canonical()), Record::Owner(account.id));
        }
        let session = self.new_session(&account, proof.means(), now, client);
        self.put_session(&mut change, &session, left).await?;
        request.generation.used =
            Some(Used { at: now, account: account.id, session: session.id, outcome, by: asker });
        let next = led_to(&request, asker);
        // The address is proven: what anybody typed before that goes with it.
        change.delete(Key::pending(&request.address.canonical()));
        request.password = None;
        let purpose = request.purpose;
        change.put(found.key, Record::Request(request));
        change.put(Key::account(account.id), Record::Account(account.clone()));
        let name = match outcome {
            Outcome::Confirmed => EventName::AccountConfirmed,
            Outcome::SignedIn => EventName::SignedIn,
        };
        let event = Event::new(now, name, Some(account.id), client);
        let signed_in = self.signed_in(account, session)?;
        Ok(Decision::Commit {
            change,
            event: Some(event),
            answer: Ok(Redeemed { purpose, outcome, signed_in, next }),
        })
    }

    /// The account of the address, made now where there is none. It remembers that this request was
    /// used, which makes those asked for before it void.
    fn account_for(
        &self,
        request: &Request,
        account: Option<&Account>,
        password: Option<&PasswordHash>,
        now: Timestamp,
    ) -> (Outcome, Account) {
        let asked_at = request.generation.asked_at;
        if let Some(account) = account {
            let sign_in_used = account.sign_in_used.max(asked_at);
            (Outcome::SignedIn, Account { sign_in_used, ..account.clone() })
        } else {
            let salt = match password {
                Some(hash) => hash.recipe.salt.clone(),
                None => self.salts.salt(&request.address.canonical()),
            };
            let account = Account {
                id: AccountId(self.world.random()),
                address: request.address.clone(),
                registered_at: request.asked_at,
                confirmed_at: now,
                admin: false,
                disabled: false,
                salt,
                password: password.cloned(),
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
