//! What a letter says at the moment it is sent: its secrets are derived then, and what speaks of
//! something that is over is not sent at all.

use super::Gatepost;
use super::account::Account;
use super::error::Error;
use super::event::EventName;
use super::ids::{AccountId, Nonce};
use super::key::Key;
use super::letter::{About, Contents, LetterKind, Matter};
use super::outbox::Claim;
use super::read::{Found, Standing};
use super::request::Request;
use super::token::LinkClaims;

impl Gatepost {
    /// All that the words of a claimed letter need. Nothing, when what it speaks of is over: it has
    /// left the outbox then, since a dead link must not be mailed.
    ///
    /// # Errors
    /// `Store`.
    pub async fn contents(&self, claim: &Claim) -> Result<Option<Contents>, Error> {
        let letter = claim.letter();
        let kind = letter.kind;
        let matter = match letter.about {
            About::Request { nonce, generation } => self.matter_of_request(kind, nonce, generation).await?,
            About::Undo { account, nonce } => self.matter_of_undo(account, nonce).await?,
            About::Account(id) => {
                let account: Found<Account> = self.find(Key::account(id)).await?;
                account.value.map(|_| Matter::news(kind))
            }
            About::Nothing => Some(Matter::news(kind)),
        };
        let Some(matter) = matter else {
            self.settle(claim, EventName::MailDropped, Request::letter_dropped).await?;
            return Ok(None);
        };
        let (id, to, queued_at) = (letter.id, letter.to.clone(), letter.queued_at);
        Ok(Some(Contents { id, to, queued_at, matter }))
    }

    async fn matter_of_request(
        &self,
        kind: LetterKind,
        nonce: Nonce,
        generation: u8,
    ) -> Result<Option<Matter>, Error> {
        let now = self.world.now();
        let found: Found<Request> = self.find(Key::request(nonce)).await?;
        let is_its = |it: &Request| it.generation.number == generation && !it.is_over(now);
        let Some(request) = found.value.filter(is_its) else { return Ok(None) };
        let standing = self.standing_of(&request).await?;
        if kind == LetterKind::AddressChanged {
            return self.matter_of_held(&standing).await;
        }
        // That there is no account, or that somebody else wanted an address, stays true news.
        if !kind.has_secrets() {
            return Ok(Some(Matter::news(kind)));
        }
        if request.generation.used.is_some() || request.is_void(nonce, &standing) {
            return Ok(None);
        }
        let claims = LinkClaims { key: request.key, nonce, generation };
        let left = request.expires_at.since(now);
        let lifetime = request.purpose.link_lifetime(self.settings.link_lifetime).min(left);
        let (link, code) = (self.ring.seal_link(&claims), self.ring.code(&claims));
        // The key of its secrets may be gone from the ring.
        Ok(link.zip(code).map(|(link, code)| {
            let link = Some(link).filter(|_| kind != LetterKind::YourCode);
            Matter { kind, link, code: Some(code), lifetime }
        }))
    }

    async fn matter_of_held(&self, standing: &Standing) -> Result<Option<Matter>, Error> {
        match standing.held_for() {
            Some((account, nonce)) => self.matter_of_undo(account, nonce).await,
            None => Ok(None),
        }
    }

    async fn matter_of_undo(&self, account: AccountId, nonce: Nonce) -> Result<Option<Matter>, Error> {
        let now = self.world.now();
        let account: Found<Account> = self.find(Key::account(account)).await?;
        let undo = account.value.as_ref().and_then(|account| account.undo(nonce, now));
        Ok(undo.and_then(|undo| {
            let claims = LinkClaims { key: undo.key, nonce, generation: 0 };
            let link = self.ring.seal_undo(&claims)?;
            let lifetime = undo.over_at.since(now);
            Some(Matter { kind: LetterKind::AddressChanged, link: Some(link), code: None, lifetime })
        }))
    }
}
