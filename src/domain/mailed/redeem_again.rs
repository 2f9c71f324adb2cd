//! Redeeming again: a double click, the Back button, or a response lost on a bad connection.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::mailed::redeemer::{Redeemed, Redeemer};
use crate::domain::record::next::Next;
use crate::domain::record::request::{Outcome, REPEAT_WINDOW, Request, Requester, Used};
use crate::domain::session::Actor;
use crate::domain::token::SessionClaims;

impl Gatepost {
    /// The answer that the requester got less than a minute ago, while that session is alive.
    pub(in crate::domain) async fn previous_answer(
        &self,
        request: &Request,
    ) -> Result<Option<Redeemed>, Error> {
        match self.used_lately_by_requester(request) {
            Some(used) => self.redeemed(request, used, Requester::Yes).await,
            None => Ok(None),
        }
    }

    /// How the requester used a request less than a minute ago, if it is one that signs in.
    pub(in crate::domain) fn used_lately_by_requester<'a>(&self, request: &'a Request) -> Option<&'a Used> {
        let now = self.world.now();
        // Anyone can request an email for another person's address, and then holds the request too. If the
        // owner redeemed it elsewhere, the owner's session must not be handed out.
        let is_own = |used: &&Used| used.by == Requester::Yes && used.at.is_within(REPEAT_WINDOW, now);
        request.generation.used.as_ref().filter(is_own).filter(|_| request.requester.is_none())
    }

    /// The result of a request in the very session it created, for a double click or the Back button. That
    /// someone confirmed who they are counts for a minute only.
    pub(in crate::domain) async fn redeemed_here(
        &self,
        request: &Request,
        redeemer: Redeemer<'_>,
    ) -> Result<Option<Redeemed>, Error> {
        let now = self.world.now();
        let lasts = |used: &Used| used.outcome != Outcome::Recent || used.at.is_within(REPEAT_WINDOW, now);
        match self.used_here(request, redeemer) {
            Some(used) if lasts(used) => self.redeemed(request, used, used.by).await,
            _ => Ok(None),
        }
    }

    /// How a request was used, if that created the session of this redeemer.
    pub(in crate::domain) fn used_here<'a>(
        &self,
        request: &'a Request,
        redeemer: Redeemer<'_>,
    ) -> Option<&'a Used> {
        let SessionClaims { account, session, .. } = self.ring.open_session(redeemer.session?)?;
        request.generation.used.as_ref().filter(|used| used.account == account && used.session == session)
    }

    /// The result of a used request as it is shown `to` someone, while its session is alive.
    async fn redeemed(
        &self,
        request: &Request,
        used: &Used,
        to: Requester,
    ) -> Result<Option<Redeemed>, Error> {
        let actor = self.find_actor(used.account, used.session).await?;
        actor
            .map(|Actor { account, session, .. }| {
                let signed_in = Some(self.signed_in(account.clone(), session)?);
                let (purpose, next) = (request.purpose, next_for(request, to));
                Ok(Redeemed { purpose, outcome: used.outcome, account, signed_in, next, reset: None })
            })
            .transpose()
    }
}

/// Where to go next. Only for the requester: for anyone else it could be a stranger's choice.
pub(in crate::domain) fn next_for(request: &Request, requester: Requester) -> Option<Next> {
    request.next.clone().filter(|_| requester == Requester::Yes)
}
