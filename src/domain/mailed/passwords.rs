//! The passwords that count for an address: its account's, and those of its newest unconfirmed
//! registrations.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::password::Password;
use crate::domain::read::{Found, Ownership};
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::key::Key;
use crate::domain::record::password::{PasswordHash, Recipe};
use crate::domain::record::pending::{EnteredPassword, Pending};
use crate::domain::record::request::{HeldRequest, Request};

/// Everything that a password entered with an address can belong to.
pub(in crate::domain) struct Passwords {
    pub(in crate::domain) ownership: Ownership,
    registrations: Vec<(HeldRequest, Request)>,
}

impl Gatepost {
    /// Hashes a password with the recipe of its address.
    pub(in crate::domain) async fn hash_for_address(
        &self,
        address: &EmailAddress,
        password: &Password,
    ) -> Result<PasswordHash, Error> {
        let recipe = self.recipe(&self.passwords_for(address).await?, address);
        self.hash(password, recipe).await
    }

    /// Computes one Argon2id hash.
    pub(in crate::domain) async fn hash(
        &self,
        password: &Password,
        recipe: Recipe,
    ) -> Result<PasswordHash, Error> {
        let pepper = recipe.pepper.and_then(|key| self.ring.pepper(key));
        Ok(self.slots.hash(password, recipe, pepper).await?)
    }

    /// Whether `entered` is the password of the account.
    pub(in crate::domain) async fn is_password_of(
        &self,
        account: &Account,
        entered: &Password,
    ) -> Result<bool, Error> {
        match &account.password {
            Some(hash) if !entered.is_too_long() => {
                let entered = self.hash(entered, hash.recipe.clone()).await?;
                Ok(hash.is_of_same_password(&entered))
            }
            _ => Ok(false),
        }
    }

    /// Finds who an address belongs to and which registrations are pending for it. Does the same reads for
    /// every address; otherwise the response time would tell them apart.
    pub(in crate::domain) async fn passwords_for(&self, address: &EmailAddress) -> Result<Passwords, Error> {
        let ownership = self.ownership(address).await?;
        let pending: Found<Pending> = self.find(Key::pending(&address.canonical())).await?;
        let pending = pending.value.unwrap_or_default();
        let found = self.find_all::<Request>(pending.keys()).await?;
        let now = self.world.now();
        // Whether a registration counts here depends only on its own request and the time. Any other check
        // would reveal to a stranger who registered that someone proved the address.
        let is_live = |request: &Request| !request.is_over(now);
        let registrations = pending
            .0
            .iter()
            .zip(found)
            .filter_map(|(one, found)| {
                let request = found.value.filter(is_live)?;
                Some((HeldRequest(one.nonce), request))
            })
            .collect();
        Ok(Passwords { ownership, registrations })
    }

    /// The recipe that all passwords of an address share: the account's, or that of its pending
    /// registrations, or a new one with the salt of the address.
    pub(in crate::domain) fn recipe(&self, passwords: &Passwords, address: &EmailAddress) -> Recipe {
        let waiting = passwords.registrations.iter().filter_map(|(_, request)| request.password.as_ref());
        let waiting = waiting.map(EnteredPassword::hash);
        let account = passwords.ownership.account();
        let set = account.and_then(|account| account.password.as_ref());
        // A registration made while an account with a salt of its own existed keeps that salt, even when
        // the account is gone: whoever registered must not notice.
        let is_known = |recipe: &&Recipe| {
            account.is_none_or(|account| recipe.salt == account.salt)
                && recipe.pepper.is_none_or(|key| self.ring.holds(key))
        };
        let mut known = set.into_iter().chain(waiting).map(|hash| &hash.recipe);
        let known = known.find(is_known).cloned();
        known.unwrap_or_else(|| {
            let salt = account.map(|account| account.salt.clone());
            let salt = salt.unwrap_or_else(|| self.salts.salt(&address.canonical()));
            Recipe::new(salt, self.ring.newest(), self.settings.password_cost)
        })
    }

    /// The recipe for a new password of an account.
    pub(in crate::domain) fn current_recipe(&self, account: &Account) -> Recipe {
        Recipe::new(account.salt.clone(), self.ring.newest(), self.settings.password_cost)
    }
}

impl Passwords {
    /// The newest registration with this password.
    pub(in crate::domain) fn registration(&self, entered: &PasswordHash) -> Option<&(HeldRequest, Request)> {
        let is_it = |one: &EnteredPassword| one.hash().is_of_same_password(entered);
        self.registrations.iter().find(|(_, request)| request.password.as_ref().is_some_and(is_it))
    }
}
