//! Looking at a link. It changes nothing, however often it is done and whatever machine does it.
//!
//! What a landing page shows depends on who opens it: the requester, someone who has just redeemed the
//! link, or anyone else. All dead links look alike; only the log distinguishes them.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::mailed::redeemer::requester_of;
use crate::domain::mailed::redeemer::{Redeemed, Redeemer};
use crate::domain::read::{Found, Ownership};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::{AccountId, Nonce};
use crate::domain::record::key::Key;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{HeldRequest, Request, Requester};
use crate::domain::record::time::Timestamp;
use crate::domain::token::Code;
use crate::domain::token::LinkClaims;

/// What a landing page shows of a link that can be redeemed, or that was redeemed in this browser.
#[derive(Clone, Debug)]
pub struct LinkView {
    /// The purpose.
    pub purpose: Purpose,
    /// The email address it is about.
    pub email: EmailAddress,
    /// When link and code expire.
    pub expires_at: Timestamp,
    /// Whether it was opened by the requester.
    pub requester: Requester,
    /// The code to enter where the request was made. Only for someone who did not ask here, and only while
    /// it works.
    pub code: Option<Code>,
    /// What has to be sent along to redeem the link.
    pub needs: Option<Need>,
    /// Whether redeeming creates an account that can have a password.
    pub makes_account: bool,
    /// The account that asked, if only one of its sessions can redeem the link.
    pub asked_by: Option<AccountId>,
    /// Whether the operator created the link.
    pub handed_out: bool,
    /// The result, if redeeming it created the session it was opened in.
    pub redeemed_here: Option<Redeemed>,
    /// The request for a new password that it led to, if it secured an account from here.
    pub led_to: Option<HeldRequest>,
}

impl LinkView {
    /// Of a link that no one requested, by which an owner protects an account: it takes a tick.
    pub(super) fn protecting(purpose: Purpose, email: EmailAddress, expires_at: Timestamp) -> Self {
        Self {
            purpose,
            email,
            expires_at,
            requester: Requester::No,
            code: None,
            needs: Some(Need::Confirm),
            makes_account: false,
            asked_by: None,
            handed_out: false,
            redeemed_here: None,
            led_to: None,
        }
    }
}

/// What redeeming a link takes from someone who did not request it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A tick in the box "I requested this email".
    Confirm,
    /// A new password.
    Password,
    /// A live session of the account that asked.
    Session,
}

impl Need {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Password => "password",
            Self::Session => "session",
        }
    }
}

impl Gatepost {
    /// Looks up a link. Changes nothing.
    ///
    /// # Errors
    /// `InvalidLink` for every link that no longer works, whatever the reason; `Store`.
    pub async fn show_link(&self, token: &str, redeemer: Redeemer<'_>) -> Result<LinkView, Error> {
        if let Some(undo) = self.ring.open_undo(token) {
            return self.show_undo(undo).await;
        }
        if let Some(device) = self.ring.open_securing(token) {
            return self.show_securing(device, redeemer).await;
        }
        let (claims, request) = self.open_link(token).await?;
        let (ownership, found) = self.ownership_and_request(&claims, &request).await?;
        let request = found.value.ok_or(Error::InvalidLink)?;
        let requester = requester_of(claims.nonce, redeemer.held);
        let redeemed_here = self.redeemed_here(&request, redeemer).await?;
        if redeemed_here.is_none() {
            let previous_answer = match requester {
                Requester::Yes => self.previous_answer(&request).await?,
                Requester::No => None,
            };
            if previous_answer.is_none() && !self.is_redeemable(claims.nonce, &request, &ownership) {
                return Err(Error::InvalidLink);
            }
        }
        Ok(LinkView {
            purpose: request.purpose,
            expires_at: request.live_until(),
            code: self.code_to_show(&claims, &request, requester),
            needs: Self::needed(&request, requester, redeemed_here.is_some()),
            makes_account: request.makes_account(),
            asked_by: request.requester.map(|requester| requester.id),
            handed_out: request.handed_out,
            email: request.address,
            requester,
            redeemed_here,
            led_to: None,
        })
    }

    /// The request a link belongs to, so that a browser can drop it once it is redeemed.
    #[must_use]
    pub fn request_of_link(&self, token: &str) -> Option<Nonce> {
        self.ring.open_link(token).map(|claims| claims.nonce)
    }

    /// Link and code are in the same email, so showing the code reveals nothing to someone who has the
    /// link. The requester needs no code, except where redeeming takes a session: it may have ended
    /// here.
    fn code_to_show(&self, claims: &LinkClaims, request: &Request, requester: Requester) -> Option<Code> {
        let is_valid = !request.handed_out && !request.is_spent() && !request.is_over(self.world.now());
        let is_wanted = requester == Requester::No || request.requester.is_some();
        if is_wanted && is_valid { self.ring.code(claims) } else { None }
    }

    /// The request of a link, if the link is of its current generation.
    pub(in crate::domain) async fn open_link(&self, token: &str) -> Result<(LinkClaims, Request), Error> {
        let claims = self.ring.open_link(token).ok_or(Error::InvalidLink)?;
        let request = self.find_request(&claims).await?.value.ok_or(Error::InvalidLink)?;
        Ok((claims, request))
    }

    /// Who the address of a request belongs to, and the request as it was read *after* that.
    ///
    /// Redeeming changes who the address belongs to. If the request, read last, is still unused, then no
    /// redemption came between the two reads. In the other order, the loser of a race would see a dead
    /// link instead of the winner's answer.
    pub(in crate::domain) async fn ownership_and_request(
        &self,
        claims: &LinkClaims,
        request: &Request,
    ) -> Result<(Ownership, Found<Request>), Error> {
        let ownership = self.ownership_for(request).await?;
        Ok((ownership, self.find_request(claims).await?))
    }

    fn needed(request: &Request, requester: Requester, is_redeemed_here: bool) -> Option<Need> {
        match request.purpose {
            _ if is_redeemed_here => None,
            Purpose::ResetPassword => Some(Need::Password),
            Purpose::ChangeEmail | Purpose::Reauthenticate => Some(Need::Session),
            _ if requester == Requester::Yes => None,
            _ => Some(Need::Confirm),
        }
    }

    async fn find_request(&self, claims: &LinkClaims) -> Result<Found<Request>, Error> {
        let found: Found<Request> = self.find(Key::request(claims.nonce)).await?;
        Ok(found.filter(|it| it.generation.number == claims.generation && it.key == claims.key))
    }
}
