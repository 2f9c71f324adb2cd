//! What a redemption is proven by, and the new password that may come with it.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::mailed::redeemer::Redeemer;
use crate::domain::mailed::redeemer::asks;
use crate::domain::record::account::Account;
use crate::domain::record::password::PasswordHash;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{Asker, REPEAT_WINDOW, Request};
use crate::domain::record::session::Means;
use crate::domain::token::LinkClaims;

/// How a redemption is proven: decides what a refusal is called and what the session remembers.
#[derive(Clone, Copy)]
pub(in crate::domain) struct Credential<'a> {
    pub(in crate::domain) by: By,
    /// The new password that was brought, hashed.
    pub(in crate::domain) password: Option<&'a PasswordHash>,
}

/// By the link of a letter or by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum By {
    Link,
    Code,
}

impl Credential<'_> {
    pub(in crate::domain) fn refusal(self) -> Error {
        match self.by {
            By::Link => Error::InvalidLink,
            By::Code => Error::InvalidRequest,
        }
    }

    /// Whether it is what was brought before. Where a password was set, it is repeated by that one: to
    /// whoever brings another, "done" would be a lie.
    pub(in crate::domain) fn matches_earlier(self, purpose: Purpose, account: &Account) -> bool {
        match (self.password, &account.password) {
            (Some(brought), Some(set)) => brought.is_of_same_password(set),
            (Some(_), None) => false,
            (None, _) => purpose != Purpose::ResetPassword,
        }
    }

    pub(in crate::domain) fn means(self) -> Means {
        match self.by {
            By::Link => Means::Link,
            By::Code => Means::Code,
        }
    }
}

impl Gatepost {
    /// The new password that was brought with a link or a code, hashed; nothing where none was, or
    /// where there is none to be set.
    pub(in crate::domain) async fn hash_new_password(
        &self,
        claims: &LinkClaims,
        request: &Request,
        redeemer: Redeemer<'_>,
    ) -> Result<Option<PasswordHash>, Error> {
        let Some(password) = redeemer.password() else { return Ok(None) };
        let (ownership, found) = self.ownership_and_request(claims, request).await?;
        let Some(request) = found.value else { return Ok(None) };
        let asker = asks(claims.nonce, redeemer.held);
        let used_here = self.used_here(&request, redeemer);
        let now = self.world.now();
        let lately = request.generation.used.as_ref().filter(|used| now < used.at.plus(REPEAT_WINDOW));
        let is_repeat = used_here.is_some() || (asker == Asker::Yes && lately.is_some());
        let chosen_here = used_here.is_some_and(|used| used.by == Asker::No);
        let recipe = match (request.purpose, ownership.account()) {
            // To be compared with the one that was set, if one was.
            (purpose, Some(account)) if is_repeat && (purpose == Purpose::ResetPassword || chosen_here) => {
                let set = account.password.as_ref().map(|hash| hash.recipe.clone());
                Some(set.unwrap_or_else(|| self.current_recipe(account)))
            }
            // A dead link needs none.
            _ if !self.is_redeemable(claims.nonce, &request, &ownership) => None,
            (Purpose::ResetPassword, Some(account)) => Some(self.current_recipe(account)),
            (Purpose::Register, None) if asker == Asker::No && redeemer.confirm => {
                let passwords = self.passwords_for(&request.address).await?;
                Some(self.recipe(&passwords, &request.address))
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
