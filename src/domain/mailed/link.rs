//! Looking at a link. However often, and by whatever machine: it changes nothing.
//!
//! What a landing page may show depends on who looks: the one who asked, anybody else, or the one
//! who has redeemed it already. Dead links are told apart in the log alone.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::mailed::redeemer::asks;
use crate::domain::mailed::redeemer::{Redeemed, Redeemer};
use crate::domain::read::{Found, Ownership};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::{AccountId, Nonce};
use crate::domain::record::key::Key;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{Asker, Request};
use crate::domain::record::time::Timestamp;
use crate::domain::token::Code;
use crate::domain::token::LinkClaims;

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
    /// What whoever is not the asker has to bring.
    pub needs: Option<Need>,
    /// Whether redeeming it makes an account that can have a password.
    pub makes_account: bool,
    /// The account that asked, where only a session of it can redeem the link.
    pub asked_by: Option<AccountId>,
    /// Whether the operator handed it out, rather than a letter.
    pub handed_out: bool,
    /// What it came to, where the session that was made of it is the one of who looks.
    pub redeemed_here: Option<Redeemed>,
}

/// A deliberate act, or the right to one, that redeeming a link takes of who did not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A tick: "I asked for this".
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
    /// What stands behind a link. Changes nothing.
    ///
    /// # Errors
    /// `InvalidLink` for every link that signs in no more, whatever the reason; `Store`.
    pub async fn show_link(&self, token: &str, redeemer: Redeemer<'_>) -> Result<LinkView, Error> {
        if let Some(undo) = self.ring.open_undo(token) {
            return self.show_undo(undo).await;
        }
        let (claims, request) = self.open_link(token).await?;
        let (ownership, found) = self.ownership_and_request(&claims, &request).await?;
        let request = found.value.ok_or(Error::InvalidLink)?;
        let asker = asks(claims.nonce, redeemer.held);
        let redeemed_here = self.redeemed_here(&request, redeemer).await?;
        if redeemed_here.is_none() {
            let previous_answer = match asker {
                Asker::Yes => self.previous_answer(&request).await?,
                Asker::No => None,
            };
            if previous_answer.is_none() && !self.is_redeemable(claims.nonce, &request, &ownership) {
                return Err(Error::InvalidLink);
            }
        }
        Ok(LinkView {
            purpose: request.purpose,
            expires_at: request.live_until(),
            code: self.code_to_show(&claims, &request, asker),
            needs: Self::needed(&request, asker, redeemed_here.is_some()),
            makes_account: request.makes_account(),
            asked_by: request.asker.map(|asker| asker.id),
            handed_out: request.handed_out,
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

    /// The link and its code stand in one letter: who holds the one is told nothing by the other. Who
    /// asked needs none, but where a session takes more than having asked: it may have ended here.
    fn code_to_show(&self, claims: &LinkClaims, request: &Request, asker: Asker) -> Option<Code> {
        let is_good = !request.handed_out && !request.is_spent() && !request.is_over(self.world.now());
        let is_wanted = asker == Asker::No || request.asker.is_some();
        if is_wanted && is_good { self.ring.code(claims) } else { None }
    }

    /// The request of a link, as long as the link is of its present generation.
    pub(in crate::domain) async fn open_link(&self, token: &str) -> Result<(LinkClaims, Request), Error> {
        let claims = self.ring.open_link(token).ok_or(Error::InvalidLink)?;
        let request = self.find_request(&claims).await?.value.ok_or(Error::InvalidLink)?;
        Ok((claims, request))
    }

    /// Who stands behind the address of a request, and the request as it was *after* that was read.
    ///
    /// Two reads are two moments. Where using the request changes who stands there, one that is still
    /// unused when it is read last has not done so. The other way round, the loser of a race would be told
    /// that his link is dead, where he has to get the winner's answer.
    pub(in crate::domain) async fn ownership_and_request(
        &self,
        claims: &LinkClaims,
        request: &Request,
    ) -> Result<(Ownership, Found<Request>), Error> {
        let ownership = self.ownership_for(request).await?;
        Ok((ownership, self.find_request(claims).await?))
    }

    fn needed(request: &Request, asker: Asker, is_redeemed_here: bool) -> Option<Need> {
        match request.purpose {
            _ if is_redeemed_here => None,
            Purpose::ResetPassword => Some(Need::Password),
            Purpose::ChangeEmail | Purpose::Reauthenticate => Some(Need::Session),
            _ if asker == Asker::Yes => None,
            _ => Some(Need::Confirm),
        }
    }

    async fn find_request(&self, claims: &LinkClaims) -> Result<Found<Request>, Error> {
        let found: Found<Request> = self.find(Key::request(claims.nonce)).await?;
        Ok(found.filter(|it| it.generation.number == claims.generation && it.key == claims.key))
    }
}
