//! Signing in: requesting an email, or with a password.
//!
//! A password sign-in computes the same Argon2id hashes, no matter who the address belongs to: an account
//! with or without a password, an unconfirmed registration, or no one. Nearly always that is one hash
//! (`record::workload`). A refusal writes only that there was a try.
//!
//! What it decides is read before the hash is computed, in two steps, and expected by its change: a store that is
//! not on this machine answers each read only after a while.

use std::sync::{Mutex, PoisonError};

use super::MAX_RECIPE_CHANGES;
use crate::domain::error::Error;
use crate::domain::limits::{Asker, Try};
use crate::domain::mailed::{EmailRequest, Entered, MailQueued, Passwords};
use crate::domain::password::Password;
use crate::domain::ports::{Change, StoreError};
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::key::Key;
use crate::domain::record::next::Next;
use crate::domain::record::password::{PasswordHash, Recipe};
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::record::session::Means;
use crate::domain::record::throttle::Throttle;
use crate::domain::record::time::Timestamp;
use crate::domain::record::workload::Workload;
use crate::domain::session::SignedIn;
use crate::domain::token::RequestToken;
use crate::domain::{Decision, Gatepost};

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
    /// The recipes have changed meanwhile: hash with these.
    RecipesChanged(Vec<Recipe>),
    /// The password is right, but stored as passwords no longer are: hash it with this recipe too.
    Outdated(Recipe),
}

/// Everything that is read of an address before a password is checked there.
struct AtAddress {
    passwords: Passwords,
    tries: Found<Throttle>,
    workload: Workload,
}

/// What was read before the hash was computed, for the first decision. Later ones read again.
type ReadBefore = Mutex<Option<AtAddress>>;

/// The right password, hashed in the current way. The sign-in is the only moment when the password itself is
/// there to hash.
enum Renewal {
    NotNeededYet,
    Done(PasswordHash),
    /// Too many passwords are waiting. The sign-in goes on, and the next one tries again.
    NotNow,
}

impl Gatepost {
    /// Requests a sign-in email, or another one if one of the `held` requests was made for this address.
    ///
    /// # Errors
    /// `TooManyMails` within 30 s of the last email of the same request; `Limited`; `Store`.
    pub async fn request_sign_in(
        &self,
        address: &EmailAddress,
        next: Option<&Next>,
        held: &[HeldRequest],
        client: &Client,
    ) -> Result<MailQueued, Error> {
        let wanted = &EmailRequest::new(Purpose::SignIn, address, next);
        let asker = Asker::new(client);
        let sent = self.decide_and_commit(client, || self.decide_request(wanted, held, &asker));
        self.settle_mail(&asker, sent).await
    }

    /// Signs in with an address and a password. `previous_session` is the token of the session the caller
    /// is signed in with, if any: that session ends with the new one.
    ///
    /// # Errors
    /// `InvalidCredentials`; `AccountDisabled`, only for the right password; `Limited`; `Store(Busy)` if too
    /// many passwords are being hashed; `Store`.
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
        let by = self.known_at(client, address).await?;
        let (tries, pending, workload, owner) = self.find_four(self.keys_at(address, by.is_some())).await?;
        let one = self.begin_try_after(&tries, address, by, client)?;
        let act = async {
            let passwords = self.passwords_of(owner, pending).await?;
            let workload: Workload = workload.value.unwrap_or_default();
            let read = AtAddress { passwords, tries, workload };
            self.try_password(&one, read, password, previous_session, client).await
        };
        self.settle_try(&one, act).await
    }

    /// The keys of what can be read of an address before its owner is known.
    fn keys_at(&self, address: &EmailAddress, is_known: bool) -> [Key; 4] {
        let canonical = address.canonical();
        let tries = self.tries_key(address, is_known);
        [tries, Key::pending(&canonical), Key::workload(), Key::owner(&canonical)]
    }

    async fn read_at(&self, one: &Try<'_>) -> Result<AtAddress, Error> {
        let keys = self.keys_at(one.address, one.is_known());
        let (tries, pending, workload, owner) = self.find_four(keys).await?;
        let workload: Found<Workload> = workload;
        let passwords = self.passwords_of(owner, pending).await?;
        Ok(AtAddress { passwords, tries, workload: workload.value.unwrap_or_default() })
    }

    async fn try_password(
        &self,
        one: &Try<'_>,
        read: AtAddress,
        password: &Password,
        previous_session: Option<&str>,
        client: &Client,
    ) -> Result<PasswordSignIn, Error> {
        let (address, is_known) = (one.address, one.is_known());
        let recipes = self.recipes(&read.passwords, address);
        let mut entered = self.hash_beside(&read.workload, password, recipes, is_known).await?;
        let read = Mutex::new(Some(read));
        let mut renewal = Renewal::NotNeededYet;
        for _ in 0..=MAX_RECIPE_CHANGES {
            let check_password =
                || self.check_password(one, &read, password, (&entered, &renewal), previous_session, client);
            match self.decide_and_commit(client, check_password).await? {
                PasswordCheck::Answer(answer) => return Ok(answer),
                PasswordCheck::RecipesChanged(to) => {
                    entered = self.hash_with_all(password, to, is_known).await?;
                }
                // Hashed before it is decided again: a conflict must not cost another hash.
                PasswordCheck::Outdated(recipe) => renewal = self.renew(password, recipe, is_known).await?,
            }
        }
        Err(StoreError::Busy.into())
    }

    /// Decides what becomes of a try. The change writes it down, whatever the answer is.
    async fn check_password(
        &self,
        one: &Try<'_>,
        before: &ReadBefore,
        password: &Password,
        renewed: (&Entered, &Renewal),
        previous_session: Option<&str>,
        client: &Client,
    ) -> Result<Decision<PasswordCheck>, Error> {
        let before = before.lock().unwrap_or_else(PoisonError::into_inner).take();
        let AtAddress { passwords, tries, .. } = match before {
            Some(read) => read,
            None => self.read_at(one).await?,
        };
        let compared =
            self.compare_password(one.address, &passwords, password, renewed, previous_session, client);
        let mut decided = compared.await?;
        if let Decision::Commit { change, .. } = &mut decided {
            self.put_try_after(change, tries, one)?;
        }
        Ok(decided)
    }

    async fn compare_password(
        &self,
        address: &EmailAddress,
        passwords: &Passwords,
        password: &Password,
        (entered, renewal): (&Entered, &Renewal),
        previous_session: Option<&str>,
        client: &Client,
    ) -> Result<Decision<PasswordCheck>, Error> {
        let recipes = self.recipes(passwords, address);
        if !entered.has_all(&recipes) {
            return Ok(Decision::Answer(PasswordCheck::RecipesChanged(recipes)));
        }
        let account = passwords.ownership.account();
        let is_right = |account: &&Account| account.password.as_ref().is_some_and(|hash| entered.is(hash));
        let account = match account.filter(is_right) {
            Some(account) if !account.disabled => account,
            right => return self.refuse(passwords, entered, right.is_some(), client),
        };
        let today = self.current_recipe(account);
        let is_current = account.password.as_ref().is_some_and(|hash| hash.recipe == today);
        // An imported password with a control character in it is one that could not be set here.
        if is_current || !password.is_prepared() {
            return self.sign_in_account(passwords, account, None, previous_session, client).await;
        }
        match renewal {
            Renewal::Done(hash) if hash.recipe == today => {
                self.sign_in_account(passwords, account, Some(hash), previous_session, client).await
            }
            // If the key was rotated again meanwhile, the next sign-in renews it.
            Renewal::NotNow | Renewal::Done(_) => {
                self.sign_in_account(passwords, account, None, previous_session, client).await
            }
            Renewal::NotNeededYet => Ok(Decision::Answer(PasswordCheck::Outdated(today))),
        }
    }

    async fn sign_in_account(
        &self,
        passwords: &Passwords,
        account: &Account,
        renewed: Option<&PasswordHash>,
        previous_session: Option<&str>,
        client: &Client,
    ) -> Result<Decision<PasswordCheck>, Error> {
        let mut change = Change::new();
        passwords.ownership.expected_by(&mut change);
        let before = account.password.as_ref();
        let mut account = Account { password: renewed.or(before).cloned(), ..account.clone() };
        if renewed.is_some() {
            self.put_workload(&mut change, before, Some(&account)).await?;
        }
        let now = self.world.now();
        let session = self.new_session(&account, Means::Password, now, client);
        self.put_session(&mut change, &session, previous_session).await?;
        self.tell_of_new_device(&mut change, &mut account, &session, client).await?;
        change.put(Key::account(account.id), Record::from(account.clone()));
        let event = Event::new(now, EventName::SignedIn, Some(account.id), client).with(Means::Password);
        let signed_in = PasswordSignIn::SignedIn(Box::new(self.signed_in(account, session)?));
        Ok(Decision::Commit { change, event: Some(event), answer: Ok(PasswordCheck::Answer(signed_in)) })
    }

    fn refuse(
        &self,
        passwords: &Passwords,
        entered: &Entered,
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
        Ok(Decision::Commit { change, event: Some(event), answer })
    }

    async fn renew(&self, password: &Password, recipe: Recipe, is_known: bool) -> Result<Renewal, Error> {
        match self.hash(password, recipe, is_known).await {
            Ok(hash) => Ok(Renewal::Done(hash)),
            Err(Error::Store(StoreError::Busy)) => Ok(Renewal::NotNow),
            Err(error) => Err(error),
        }
    }
}
