//! Redeeming a request with the link or the code of its email.
//!
//! 1. A link is redeemed by the browser that requested it (which has the request token), or with a
//!    deliberate human action (ticking "I requested this email"). A mail scanner has neither.
//! 2. Or the requester enters the code. A wrong code is counted before the response.
//! 3. One commit uses the request and does what it is for (`outcome`), so no race can redeem it twice. A
//!    password entered at registration becomes the account's in the browser where it was entered. Anywhere
//!    else it is dropped, and a new one can be chosen.
//! 4. If the requester redeemed it and sends everything again within a minute, the answer is the same
//!    session. If another browser was first, the requester gets the same refusal as anyone else.

use crate::domain::mailed::redeemer::Redeemed;
use crate::domain::mailed::redeemer::Redeemer;
use crate::domain::record::client::Client;
use crate::domain::record::ids::Nonce;
use crate::domain::record::key::Key;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::record::time::Timestamp;
use subtle::ConstantTimeEq;

use crate::domain::error::Error;
use crate::domain::mailed::credential::{By, Credential};
use crate::domain::mailed::redeemer::requester_of;
use crate::domain::password::Password;
use crate::domain::ports::Change;
use crate::domain::read::{Found, Ownership};
use crate::domain::record::Record;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::request::{Request, Requester};
use crate::domain::token::Code;
use crate::domain::token::LinkClaims;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Redeems a link (steps 1, 3 and 4), undoes a change of address, or secures an account.
    ///
    /// # Errors
    /// `InvalidLink`; `ConfirmationRequired` without the request and without a tick, `NotConfirmed` without a
    /// tick for an undo and for securing an account; `PasswordRequired` and `WeakPassword` if a password is
    /// set; `SignInRequired` if only a session of the account that asked can redeem it; `Store`.
    pub async fn redeem_link(
        &self,
        token: &str,
        redeemer: Redeemer<'_>,
        client: &Client,
    ) -> Result<Redeemed, Error> {
        if let Some(undo) = self.ring.open_undo(token) {
            return self.undo_email(undo, redeemer.confirm, client).await;
        }
        if let Some(device) = self.ring.open_securing(token) {
            return self.secure_account(device, redeemer, client).await;
        }
        let (claims, request) = self.open_link(token).await?;
        let password = self.hash_new_password(&claims, &request, redeemer, client).await?;
        self.decide_and_commit(client, || async {
            let (claims, request) = self.open_link(token).await?;
            let credential = Credential { by: By::Link, password: password.as_ref() };
            self.decide_redeem(credential, claims, &request, redeemer, client).await
        })
        .await
    }

    /// Redeems the code of a request that the caller holds (steps 2 to 4). `code` is `None` if the input
    /// cannot be a code.
    ///
    /// # Errors
    /// `WrongCode`, counted unless the input cannot be a code; `Limited` after too many wrong codes for the
    /// address, whether this one is right or wrong; `InvalidRequest` if the request has ended,
    /// its code is used up, or the right code comes too late; `PasswordRequired` and `WeakPassword` if a
    /// password is set; `SignInRequired` if only a session of the account that asked can redeem it;
    /// `Store`.
    pub async fn redeem_code(
        &self,
        held: HeldRequest,
        code: Option<&Code>,
        password: Option<&Password>,
        session: Option<&str>,
        client: &Client,
    ) -> Result<Redeemed, Error> {
        let holds = [held];
        let redeemer = Redeemer { held: &holds, confirm: false, password, session };
        let (found, claims) = self.open_code(held).await?;
        let now = self.world.now();
        let password = match &found.value {
            // Only while attempts still count. Otherwise hashing the password, or refusing it as weak,
            // would reveal the right code.
            Some(request)
                if redeemer.password().is_some() && !request.is_over(now) && !request.is_spent() =>
            {
                let checked = self.check_codes(request, client).await;
                checked.inspect_err(|error| self.count_throttled(error, client))?;
                if self.is_right(&claims, code) {
                    self.hash_new_password(&claims, request, redeemer, client).await?
                } else {
                    None
                }
            }
            _ => None,
        };
        self.decide_and_commit(client, || async {
            let (found, claims) = self.open_code(held).await?;
            let now = self.world.now();
            let request = found.value.as_ref().ok_or(Error::InvalidRequest)?;
            if request.is_over(now) || request.is_spent() {
                return Err(Error::InvalidRequest);
            }
            let codes = self.check_codes(request, client).await?;
            // Input that cannot be a code is wrong but uses up no attempt.
            if code.is_none() {
                return Err(Error::WrongCode);
            }
            if !self.is_right(&claims, code) {
                return self.count_wrong_code(found, now, client).await;
            }
            let credential = Credential { by: By::Code, password: password.as_ref() };
            let mut decided = self.decide_redeem(credential, claims, request, redeemer, client).await?;
            // Otherwise, of many codes that are entered at the same moment, the right one could be accepted after
            // too many wrong ones.
            if let (Decision::Commit { change, .. }, Some(codes)) = (&mut decided, codes) {
                codes.expected_by(change);
            }
            Ok(decided)
        })
        .await
    }

    /// Whether a person who opens this link in any browser and ticks the box would be signed in now. Decides
    /// exactly as redeeming does, and drops the decision.
    pub(in crate::domain) async fn would_sign_in(
        &self,
        claims: LinkClaims,
        request: &Request,
        client: &Client,
    ) -> Result<bool, Error> {
        let credential = Credential { by: By::Link, password: None };
        let redeemer = Redeemer { confirm: true, ..Redeemer::default() };
        match self.decide_redeem(credential, claims, request, redeemer, client).await {
            Ok(Decision::Commit { answer, .. }) => Ok(answer.is_ok()),
            Err(Error::Store(error)) => Err(error.into()),
            Ok(Decision::Answer(_)) | Err(_) => Ok(false),
        }
    }

    async fn open_code(&self, held: HeldRequest) -> Result<(Found<Request>, LinkClaims), Error> {
        let found: Found<Request> = self.find(Key::request(held.nonce())).await?;
        let request = found.value.as_ref().ok_or(Error::InvalidRequest)?;
        let generation = request.generation.number;
        let claims = LinkClaims { key: request.key, nonce: held.nonce(), generation };
        Ok((found, claims))
    }

    fn is_right(&self, claims: &LinkClaims, code: Option<&Code>) -> bool {
        let right = self.ring.code(claims);
        right.zip(code).is_some_and(|(right, entered)| {
            bool::from(right.as_str().as_bytes().ct_eq(entered.as_str().as_bytes()))
        })
    }

    async fn decide_redeem(
        &self,
        credential: Credential<'_>,
        claims: LinkClaims,
        request: &Request,
        redeemer: Redeemer<'_>,
        client: &Client,
    ) -> Result<Decision<Redeemed>, Error> {
        let (ownership, found) = self.ownership_and_request(&claims, request).await?;
        let request = found.value.as_ref().ok_or_else(|| credential.refusal())?;
        let requester = requester_of(claims.nonce, redeemer.held);
        if let Some(redeemed) = self.redeemed_here(request, redeemer).await?
            && (redeemer.password().is_none()
                || credential.matches_earlier(request.purpose, &redeemed.account))
        {
            return Ok(Decision::Answer(redeemed));
        }
        if requester == Requester::Yes
            && let Some(redeemed) = self.previous_answer(request).await?
            && credential.matches_earlier(request.purpose, &redeemed.account)
        {
            return Ok(Decision::Answer(redeemed));
        }
        // Other guesses may have used up the attempts since the code was compared. The commit below
        // expects that they have not.
        let is_spent = credential.by == By::Code && request.is_spent();
        if is_spent || !self.is_redeemable(claims.nonce, request, &ownership) {
            request.log_reuse(client);
            return Err(credential.refusal());
        }
        match request.purpose {
            Purpose::SignIn | Purpose::Register => {
                // A mail scanner neither has the request token nor ticks the box.
                if requester == Requester::No && !redeemer.confirm {
                    return Err(Error::ConfirmationRequired);
                }
                // The link was dead when the password would have been hashed, and another email has revived
                // it since. Going on would drop the password that was chosen here.
                let is_dropped = redeemer.password().is_some() && credential.password.is_none();
                if is_dropped && requester == Requester::No && request.makes_account() {
                    return Err(credential.refusal());
                }
                self.redeem_sign_in(credential, found, &ownership, requester, redeemer.session, client).await
            }
            // A mail scanner cannot enter a password either.
            Purpose::ResetPassword => {
                self.redeem_reset(credential, found, &ownership, requester, redeemer, client).await
            }
            Purpose::ChangeEmail | Purpose::Reauthenticate => {
                self.redeem_in_session(credential, found, &ownership, redeemer.session, client).await
            }
            Purpose::UndoEmail | Purpose::SecureAccount => Err(credential.refusal()),
        }
    }

    /// Whether the link and the code of a request do anything now. Who can have an account is judged again: the
    /// operator may have changed the rule since the email was requested.
    pub(in crate::domain) fn is_redeemable(
        &self,
        nonce: Nonce,
        request: &Request,
        ownership: &Ownership,
    ) -> bool {
        let now = self.world.now();
        let may_be = match request.purpose {
            Purpose::SignIn | Purpose::Register => {
                let accepts = || self.settings().registration.accepts(&request.address);
                ownership.account().is_some() || (ownership.is_free() && accepts())
            }
            Purpose::ResetPassword | Purpose::Reauthenticate => ownership.account().is_some(),
            Purpose::ChangeEmail => {
                ownership.is_free() && self.settings().registration.accepts_change_to(&request.address)
            }
            Purpose::UndoEmail | Purpose::SecureAccount => false,
        };
        let is_live = now < request.live_until();
        is_live && may_be && request.generation.used.is_none() && !request.is_void(nonce, ownership)
    }

    /// Counted in a commit before the response, so parallel guesses cannot share one count. The event
    /// names only an account that asked itself; the account of the address is not named, since a stranger
    /// may have asked.
    async fn count_wrong_code<T>(
        &self,
        found: Found<Request>,
        now: Timestamp,
        client: &Client,
    ) -> Result<Decision<T>, Error> {
        let mut change = Change::new();
        found.expected_by(&mut change);
        let mut request = found.value.ok_or(Error::InvalidRequest)?;
        self.put_wrong_code(&mut change, &request, client).await?;
        request.wrong_codes += 1;
        let requester = request.requester.map(|requester| requester.id);
        change.put(found.key, Record::Request(request));
        let event = Event::new(now, EventName::WrongCode, requester, client);
        Ok(Decision::Commit { change, event: Some(event), answer: Err(Error::WrongCode) })
    }
}
