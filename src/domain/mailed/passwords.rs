//! The passwords that count for an address: its account's, and those of its newest registrations that
//! nobody has confirmed yet.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::password::Password;
use crate::domain::read::{Found, Ownership};
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::key::Key;
use crate::domain::record::password::{PasswordHash, Recipe};
use crate::domain::record::pending::Pending;
use crate::domain::record::request::{HeldRequest, Request};

/// Everything a password can be of that is typed with an address.
pub(in crate::domain) struct Passwords {
    pub(in crate::domain) ownership: Ownership,
    registrations: Vec<(HeldRequest, Request)>,
}

impl Gatepost {
    /// Hashes a password as all under its address are.
    pub(in crate::domain) async fn hash_for_address(
        &self,
        address: &EmailAddress,
        password: &Password,
    ) -> Result<PasswordHash, Error> {
        let recipe = self.recipe(&self.passwords_for(address).await?, address);
        self.hash(password, recipe).await
    }

    /// Computes one Argon2id.
    pub(in crate::domain) async fn hash(
        &self,
        password: &Password,
        recipe: Recipe,
    ) -> Result<PasswordHash, Error> {
        let pepper = recipe.pepper.and_then(|key| self.ring.pepper(key));
        Ok(self.slots.hash(password, recipe, pepper).await?)
    }

    /// Whether `typed` is the password of the account.
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

    /// Who stands behind an address and which passwords wait to. The same reads for every address, or
    /// the time would tell them apart.
    pub(in crate::domain) async fn passwords_for(&self, address: &EmailAddress) -> Result<Passwords, Error> {
        let ownership = self.ownership(address).await?;
        let pending: Found<Pending> = self.find(Key::pending(&address.canonical())).await?;
        let pending = pending.value.unwrap_or_default();
        let found = self.find_all::<Request>(pending.keys()).await?;
        let now = self.world.now();
        // Whether it waits is told by the list alone, from which proving the address takes all: what
        // depends on the account would tell a stranger of it.
        let is_good = |request: &Request| !request.is_over(now);
        let registrations = pending
            .0
            .iter()
            .zip(found)
            .filter_map(|(one, found)| {
                let request = found.value.filter(is_good)?;
                Some((HeldRequest(one.nonce), request))
            })
            .collect();
        Ok(Passwords { ownership, registrations })
    }

    /// The one recipe of all passwords under an address: the account's, or that of the registrations
    /// that wait, or a new one with the salt of the address.
    pub(in crate::domain) fn recipe(&self, passwords: &Passwords, address: &EmailAddress) -> Recipe {
        let waiting = passwords.registrations.iter().filter_map(|(_, request)| request.password.as_ref());
        let account = passwords.ownership.account();
        let set = account.and_then(|account| account.password.as_ref());
        // What was typed while an account with a salt of its own was there waits under that salt, also when
        // it is gone: who typed it must not notice.
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

    /// How a new password of an account is hashed.
    pub(in crate::domain) fn current_recipe(&self, account: &Account) -> Recipe {
        Recipe::new(account.salt.clone(), self.ring.newest(), self.settings.password_cost)
    }
}

impl Passwords {
    /// The newest registration that was typed with this password.
    pub(in crate::domain) fn registration(&self, entered: &PasswordHash) -> Option<&(HeldRequest, Request)> {
        let is_it = |hash: &PasswordHash| hash.is_of_same_password(entered);
        self.registrations.iter().find(|(_, request)| request.password.as_ref().is_some_and(is_it))
    }
}
