//! Signing in: requesting an email, or with a password.
//!
//! A password sign-in computes exactly one Argon2id hash and makes one commit, no matter who the address
//! belongs to: an account with or without a password, an unconfirmed registration, or no one.

use crate::domain::error::Error;
use crate::domain::mailed::Passwords;
use crate::domain::mailed::{EmailRequest, MailQueued};
use crate::domain::password::Password;
use crate::domain::ports::{Change, StoreError};
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::next::Next;
use crate::domain::record::password::{PasswordHash, Recipe};
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::record::session::Means;
use crate::domain::record::time::Timestamp;
use crate::domain::session::SignedIn;
use crate::domain::token::RequestToken;
use crate::domain::{Decision, Gatepost};

/// How often a password is hashed again because its recipe changed in that moment.
const MAX_RECIPE_CHANGES: usize = 3;

/// What happens with the right password.
#[derive(Clone, Debug)]
pub enum PasswordSignIn {
    /// Someone is signed in.
    SignedIn(Box<SignedIn>),
    /// It is the password of an unconfirmed registration.
    Unconfirmed(Unconfirmed),
}

/// A registration that has to be confirmed first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The request.
    pub held: HeldRequest,
    /// Proves "I made this request". Knowing the password is proof of that.
    pub request: RequestToken,
    /// When the request ends.
    pub expires_at: Timestamp,
}

/// The result of one comparison.
enum PasswordCheck {
    Answer(PasswordSignIn),
    /// The recipe has changed meanwhile: hash with this one.
    RecipeChanged(Recipe),
}

impl Gatepost {
    /// Requests a sign-in email, or another one if one of the `held` requests was made for this address.
    ///
    /// # Errors
    /// `TooManyMails` within 30 s of the last email of the same request; `Store`.
    pub async fn request_sign_in(
        &self,
        address: &EmailAddress,
        next: Option<&Next>,
        held: &[HeldRequest],
        client: &Client,
    ) -> Result<MailQueued, Error> {
        let wanted = &EmailRequest::new(Purpose::SignIn, address, next);
        self.decide_and_commit(client, || self.decide_request(wanted, held, client)).await
    }

    /// Signs in with an address and a password. `previous_session` is the token of the session the caller
    /// is signed in with, if any: that session ends with the new one.
    ///
    /// # Errors
    /// `InvalidCredentials`; `AccountDisabled`, only for the right password; `Store(Busy)` if too many
    /// passwords are being hashed; `Store`.
    pub async fn sign_in_with_password(
        &self,
        address: &EmailAddress,
        password: &Password,
        previous_session: Option<&str>,
        client: &Client,
    ) -> Result<PasswordSignIn, Error> {
        // No account has such a password, and hashing an input of any length would be a way to overload
        // the server.
        if password.is_too_long() {
            return Err(Error::InvalidCredentials);
        }
        let mut recipe = self.recipe(&self.passwords_for(address).await?, address);
        for _ in 0..MAX_RECIPE_CHANGES {
            let entered = self.hash(password, recipe).await?;
            let check_password =
                || self.check_password(address, password, &entered, previous_session, client);
            match self.decide_and_commit(client, check_password).await? {
                PasswordCheck::Answer(answer) => return Ok(answer),
                PasswordCheck::RecipeChanged(to) => recipe = to,
            }
        }
        Err(StoreError::Busy.into())
    }

    async fn check_password(
        &self,
        address: &EmailAddress,
        password: &Password,
        entered: &PasswordHash,
        previous_session: Option<&str>,
        client: &Client,
    ) -> Result<Decision<PasswordCheck>, Error> {
        let passwords = self.passwords_for(address).await?;
        let recipe = self.recipe(&passwords, address);
        if recipe != entered.recipe {
            return Ok(Decision::Answer(PasswordCheck::RecipeChanged(recipe)));
        }
        let account = passwords.ownership.account();
        let is_right = |account: &&Account| {
            account.password.as_ref().is_some_and(|hash| hash.is_of_same_password(entered))
        };
        match account.filter(is_right) {
            Some(account) if !account.disabled => {
                let account = self.rehashed(account, password).await?;
                self.sign_in_account(&passwords, account, previous_session, client).await
            }
            right => self.refuse(&passwords, entered, right.is_some(), client),
        }
    }

    async fn sign_in_account(
        &self,
        passwords: &Passwords,
        account: Account,
        previous_session: Option<&str>,
        client: &Client,
    ) -> Result<Decision<PasswordCheck>, Error> {
        let mut change = Change::new();
        passwords.ownership.expected_by(&mut change);
        let now = self.world.now();
        let session = self.new_session(&account, Means::Password, now, client);
        self.put_session(&mut change, &session, previous_session).await?;
        change.put(Key::account(account.id), Record::Account(account.clone()));
        let event = Event::new(now, EventName::SignedIn, Some(account.id), client);
        let signed_in = PasswordSignIn::SignedIn(Box::new(self.signed_in(account, session)?));
        Ok(Decision::Commit { change, event: Some(event), answer: Ok(PasswordCheck::Answer(signed_in)) })
    }

    fn refuse(
        &self,
        passwords: &Passwords,
        entered: &PasswordHash,
        is_disabled: bool,
        client: &Client,
    ) -> Result<Decision<PasswordCheck>, Error> {
        let account = passwords.ownership.account().map(|account| account.id);
        let event = Event::new(self.world.now(), EventName::PasswordRefused, account, client);
        let answer = match passwords.registration(entered) {
            _ if is_disabled => Err(Error::AccountDisabled),
            None => Err(Error::InvalidCredentials),
            Some((held, request)) => {
                let token = self.ring.seal_request(request.key, held.nonce());
                let request_token = token.ok_or(Error::InvalidRequest)?;
                let (held, expires_at) = (*held, request.expires_at);
                let unconfirmed = Unconfirmed { held, request: request_token, expires_at };
                Ok(PasswordCheck::Answer(PasswordSignIn::Unconfirmed(unconfirmed)))
            }
        };
        // The owner of the address and its registrations are read one after the other. Someone who
        // confirmed in between would have neither an account nor a registration, and the right password
        // would be called wrong.
        let mut change = Change::new();
        passwords.ownership.expected_by(&mut change);
        if account.is_none() {
            // An account gets a copy of the event. Without an account this delete takes its place;
            // otherwise the response time would tell them apart. Its key is random, so that refusals never
            // wait for each other.
            change.delete(Key::history(AccountId::NO_ONE, event.at, self.world.random()));
        }
        Ok(Decision::Commit { change, event: Some(event), answer })
    }

    /// The account with its password hashed in the current way. This is the only moment when the password
    /// itself is there to hash.
    async fn rehashed(&self, account: &Account, password: &Password) -> Result<Account, Error> {
        let today = self.current_recipe(account);
        if account.password.as_ref().is_none_or(|hash| hash.recipe == today) {
            return Ok(account.clone());
        }
        match self.hash(password, today).await {
            Ok(hash) => Ok(Account { password: Some(hash), ..account.clone() }),
            // The password was right, so the sign-in goes on. It is hashed again another time.
            Err(Error::Store(StoreError::Busy)) => Ok(account.clone()),
            Err(error) => Err(error),
        }
    }
}
