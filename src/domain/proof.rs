//! What a redemption is proven by, and the new password that may come with it.

use super::Gatepost;
use super::account::Account;
use super::error::Error;
use super::link::asks;
use super::password::PasswordHash;
use super::redeem::Redeemer;
use super::request::{Asker, Purpose, REPEAT_WINDOW, Request};
use super::session::Means;
use super::token::LinkClaims;

/// How a redemption is proven: decides what a refusal is called and what the session remembers.
#[derive(Clone, Copy)]
pub(super) struct Proof<'a> {
    pub(super) by: By,
    /// The new password that was brought, hashed.
    pub(super) password: Option<&'a PasswordHash>,
}

/// By the link of a letter or by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Link,
    Code,
}

impl Proof<'_> {
    pub(super) fn refusal(self) -> Error {
        match self.by {
            By::Link => Error::InvalidLink,
            By::Code => Error::InvalidRequest,
        }
    }

    /// Whether it is what was brought before. Where a password was set, it is repeated by that one: to
    /// whoever brings another, "done" would be a lie.
    pub(super) fn repeats(self, purpose: Purpose, account: &Account) -> bool {
        match (self.password, &account.password) {
            (Some(brought), Some(set)) => brought.is_of_same_password(set),
            (Some(_), None) => false,
            (None, _) => purpose != Purpose::ResetPassword,
        }
    }

    pub(super) fn means(self) -> Means {
        match self.by {
            By::Link => Means::Link,
            By::Code => Means::Code,
        }
    }
}

impl Gatepost {
    /// The new password that was brought with a link or a code, hashed; nothing where none was, or
    /// where there is none to be set.
    pub(super) async fn hash_brought(
        &self,
        claims: &LinkClaims,
        request: &Request,
        redeemer: Redeemer<'_>,
    ) -> Result<Option<PasswordHash>, Error> {
        let Some(password) = redeemer.password() else { return Ok(None) };
        let (standing, found) = self.judge(claims, request).await?;
        let Some(request) = found.value else { return Ok(None) };
        let asker = asks(claims.nonce, redeemer.held);
        let used_here = self.used_here(&request, redeemer);
        let now = self.world.now();
        let lately = request.generation.used.as_ref().filter(|used| now < used.at.plus(REPEAT_WINDOW));
        let is_repeat = used_here.is_some() || (asker == Asker::Yes && lately.is_some());
        let chosen_here = used_here.is_some_and(|used| used.by == Asker::No);
        let recipe = match (request.purpose, standing.account()) {
            // To be compared with the one that was set, if one was.
            (purpose, Some(account)) if is_repeat && (purpose == Purpose::ResetPassword || chosen_here) => {
                let set = account.password.as_ref().map(|hash| hash.recipe.clone());
                Some(set.unwrap_or_else(|| self.todays_recipe(account)))
            }
            // A dead link needs none.
            _ if !self.is_redeemable(claims.nonce, &request, &standing) => None,
            (Purpose::ResetPassword, Some(account)) => Some(self.todays_recipe(account)),
            (Purpose::Register, None) if asker == Asker::No && redeemer.confirm => {
                let under = self.passwords_under(&request.address).await?;
                Some(self.recipe(&under, &request.address))
            }
            _ => None,
        };
        let Some(recipe) = recipe else { return Ok(None) };
        if !is_repeat {
            self.settings.passwords.check(password, &request.address)?;
        }
        Ok(Some(self.hash(password, recipe).await?))
    }
}
