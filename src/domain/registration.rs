//! Registering with address and password.
//!
//! 1. The password is checked and hashed, and waits with the request for the address to be proven. No
//!    account exists until then, whoever typed what.
//! 2. The newest of these passwords are known under their address, so that whoever signs in with one
//!    is told to look into the inbox, and is never let further.
//! 3. When anybody proves the address, all of them are forgotten; in the browser that registered, its
//!    own becomes the account's (`redeem`).

use super::Gatepost;
use super::account::Account;
use super::address::EmailAddress;
use super::ask::{Ask, MailQueued};
use super::client::Client;
use super::error::Error;
use super::ids::Nonce;
use super::key::Key;
use super::next::Next;
use super::password::{Password, PasswordHash, Recipe};
use super::ports::{Change, Record};
use super::read::{Found, Standing};
use super::request::{Purpose, Request};
use super::time::Timestamp;
use super::waiting::HeldRequest;

/// The newest registrations of an address that wait for their mail, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pending(Vec<PendingRegistration>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct PendingRegistration {
    nonce: Nonce,
    over_at: Timestamp,
}

impl Pending {
    /// How many passwords wait under one address: those of the newest.
    const MAX: usize = 3;

    /// When the last of them is over.
    #[must_use]
    pub fn over_at(&self) -> Timestamp {
        self.0.iter().map(|one| one.over_at).max().unwrap_or_default()
    }

    fn holds(&self, nonce: Nonce) -> bool {
        self.0.iter().any(|one| one.nonce == nonce)
    }

    fn put(&mut self, newest: PendingRegistration, before: Option<Nonce>) {
        self.0.retain(|one| Some(one.nonce) != before);
        self.0.insert(0, newest);
        self.0.truncate(Self::MAX);
    }

    /// The keys of their requests: always as many, whoever has registered or not.
    fn keys(&self) -> Vec<Key> {
        let nonces = self.0.iter().map(|one| one.nonce);
        nonces.chain(std::iter::repeat(Nonce([0; 12]))).take(Self::MAX).map(Key::request).collect()
    }
}

/// Everything a password can be of that is typed with an address.
pub(super) struct Passwords {
    pub(super) standing: Standing,
    registrations: Vec<(HeldRequest, Request)>,
}

impl Gatepost {
    /// Registers an address with a password. The letter confirms; where there is an account already,
    /// it says so and signs in. Asked again with the same of `held`, it is one more letter, and the
    /// newer password and `next` count.
    ///
    /// # Errors
    /// `RegistrationClosed`; `WeakPassword`; `TooManyMails` within 30 s of the last letter of the same
    /// request; `Store`.
    pub async fn register(
        &self,
        address: &EmailAddress,
        password: &Password,
        next: Option<&Next>,
        held: &[HeldRequest],
        client: &Client,
    ) -> Result<MailQueued, Error> {
        if !self.settings.registration {
            return Err(Error::RegistrationClosed);
        }
        self.settings.passwords.check(password, address)?;
        let ask = Ask::new(Purpose::Register, address, next);
        self.may_ask(&ask, held).await?;
        let hash = self.hash_under(address, password).await?;
        let ask = &Ask { password: Some(&hash), ..ask };
        self.act(client, || self.decide_ask(ask, held, client)).await
    }

    /// Hashes a password as all under its address are.
    pub(super) async fn hash_under(
        &self,
        address: &EmailAddress,
        password: &Password,
    ) -> Result<PasswordHash, Error> {
        let recipe = self.recipe(&self.passwords_under(address).await?, address);
        self.hash(password, recipe).await
    }

    /// Computes one Argon2id.
    pub(super) async fn hash(&self, password: &Password, recipe: Recipe) -> Result<PasswordHash, Error> {
        let pepper = recipe.pepper.and_then(|key| self.ring.pepper(key));
        self.slots.hash(password, recipe, pepper).await
    }

    /// The fewest bytes of a new password.
    #[must_use]
    pub fn min_password_bytes(&self) -> usize {
        self.settings.passwords.min_bytes
    }

    /// How many passwords this process has ever hashed.
    #[must_use]
    pub fn passwords_hashed(&self) -> u64 {
        self.slots.hashed()
    }

    /// Who stands behind an address and which passwords wait to. The same reads for every address, or
    /// the time would tell them apart.
    pub(super) async fn passwords_under(&self, address: &EmailAddress) -> Result<Passwords, Error> {
        let standing = self.standing(address).await?;
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
        Ok(Passwords { standing, registrations })
    }

    /// The one recipe of all passwords under an address: the account's, or that of the registrations
    /// that wait, or a new one with the salt of the address.
    pub(super) fn recipe(&self, under: &Passwords, address: &EmailAddress) -> Recipe {
        let waiting = under.registrations.iter().filter_map(|(_, request)| request.password.as_ref());
        let account = under.standing.account();
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
    pub(super) fn todays_recipe(&self, account: &Account) -> Recipe {
        Recipe::new(account.salt.clone(), self.ring.newest(), self.settings.password_cost)
    }

    /// Puts a registration among the newest of its address, in the place of the one `before`. Whether
    /// no other waits there. Nothing is done for a request that brings no password.
    pub(super) async fn put_pending(
        &self,
        change: &mut Change,
        nonce: Nonce,
        before: Option<Nonce>,
        request: &Request,
    ) -> Result<bool, Error> {
        if request.password.is_none() {
            return Ok(false);
        }
        let found: Found<Pending> = self.find(Key::pending(&request.address.canonical())).await?;
        found.expected_by(change);
        let now = self.world.now();
        let mut pending = found.value.unwrap_or_default();
        pending.0.retain(|one| now < one.over_at);
        let is_first = pending.0.is_empty();
        pending.put(PendingRegistration { nonce, over_at: request.expires_at }, before);
        change.put(Key::expiry(request.expires_at, &found.key), Record::Expiry);
        change.put(found.key, Record::Pending(pending));
        Ok(is_first)
    }

    /// Whether the password of a registration still waits: nobody has proven its address since.
    pub(super) async fn is_pending(&self, address: &EmailAddress, nonce: Nonce) -> Result<bool, Error> {
        let pending: Found<Pending> = self.find(Key::pending(&address.canonical())).await?;
        Ok(pending.value.is_some_and(|pending| pending.holds(nonce)))
    }
}

impl Passwords {
    /// The newest registration that was typed with this password.
    pub(super) fn registration(&self, typed: &PasswordHash) -> Option<&(HeldRequest, Request)> {
        let is_it = |hash: &PasswordHash| hash.is_of_same_password(typed);
        self.registrations.iter().find(|(_, request)| request.password.as_ref().is_some_and(is_it))
    }
}
