//! What someone redeems a request with (the link or the code), and the new password that may come with it.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::mailed::redeemer::Redeemer;
use crate::domain::mailed::redeemer::requester_of;
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;
use crate::domain::record::password::PasswordHash;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{Request, Requester};
use crate::domain::record::session::Means;
use crate::domain::token::LinkClaims;

/// What a request is redeemed with. Decides the name of a refusal and what the session remembers.
#[derive(Clone, Copy)]
pub(in crate::domain) struct Credential<'a> {
    pub(in crate::domain) by: By,
    /// The new password that was sent along, hashed.
    pub(in crate::domain) password: Option<&'a PasswordHash>,
}

/// With the link or with the code of an email.
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

    /// Whether this repeats the earlier redemption. If that one set a password, only the same password
    /// repeats it; answering "done" to a different password would be a lie.
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
    /// Hashes the new password that was sent with a link or code. Nothing if there is none, or none can be
    /// set.
    pub(in crate::domain) async fn hash_new_password(
        &self,
        claims: &LinkClaims,
        request: &Request,
        redeemer: Redeemer<'_>,
        client: &Client,
    ) -> Result<Option<PasswordHash>, Error> {
        let Some(password) = redeemer.password() else { return Ok(None) };
        let (ownership, found) = self.ownership_and_request(claims, request).await?;
        let Some(request) = found.value else { return Ok(None) };
        let requester = requester_of(claims.nonce, redeemer.held);
        let used_here = self.used_here(&request, redeemer);
        let used_lately = self.used_lately_by_requester(&request);
        let is_repeat = used_here.is_some() || (requester == Requester::Yes && used_lately.is_some());
        let chosen_here = used_here.is_some_and(|used| used.by == Requester::No);
        let recipe = match (request.purpose, ownership.account()) {
            // A repeated redemption: hash it like the password that was set, to compare the two.
            (purpose, Some(account)) if is_repeat && (purpose == Purpose::ResetPassword || chosen_here) => {
                let set = account.password.as_ref().map(|hash| hash.recipe.clone());
                Some(set.unwrap_or_else(|| self.current_recipe(account)))
            }
            // A dead link sets no password, so none is hashed.
            _ if !self.is_redeemable(claims.nonce, &request, &ownership) => None,
            (Purpose::ResetPassword, Some(account)) => Some(self.current_recipe(account)),
            (Purpose::Register, None) if requester == Requester::No && redeemer.confirm => {
                let passwords = self.passwords_for(&request.address).await?;
                Some(self.recipe(&passwords, &request.address))
            }
            _ => None,
        };
        let Some(recipe) = recipe else { return Ok(None) };
        if !is_repeat {
            self.settings().passwords.check(password, &request.address)?;
        }
        let is_known = self.known_at(client, &request.address).await?.is_some();
        Ok(Some(self.hash(password, recipe, is_known).await?))
    }
}
