//! Setting, changing and removing the password. Each ends all other sessions, voids every request, and
//! notifies the owner by email.

use std::sync::Arc;

use crate::domain::error::Error;
use crate::domain::limits::Try;
use crate::domain::password::Password;
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::record::password::PasswordHash;
use crate::domain::session::{Actor, SignedIn};
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Sets a new password. If the account has one, `current` must be it.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `WeakPassword`; `CurrentPasswordRequired`;
    /// `WrongPassword`; `Limited`; `Store(Busy)`; `Store`.
    pub async fn change_password(
        &self,
        token: &str,
        password: &Password,
        current: Option<&Password>,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let Actor { account, .. } = self.recently_signed_in_with(token).await?;
        self.settings().passwords.check(password, &account.address)?;
        self.check_changes(&account).inspect_err(|error| self.count_throttled(error, client))?;
        if account.password.is_none() {
            return self.replace_password(token, &account, password, None, client).await;
        }
        let current = current.ok_or(Error::CurrentPasswordRequired)?;
        let one = self.begin_try(&account.address, client).await?;
        let change = async {
            if self.is_password_of(&account, current).await? {
                self.replace_password(token, &account, password, Some(&one), client).await
            } else {
                self.refuse_change(token, &one, client).await
            }
        };
        self.settle_try(&one, change).await
    }

    async fn replace_password(
        &self,
        token: &str,
        account: &Account,
        password: &Password,
        one: Option<&Try<'_>>,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let hash = self.hash(password, self.current_recipe(account), true).await?;
        self.put_password(token, Some(&hash), one, EventName::PasswordChanged, client).await
    }

    /// Removes the password; its owner signs in by email from then on. Not an error if there is none.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `Limited`; `Store`.
    pub async fn remove_password(&self, token: &str, client: &Client) -> Result<SignedIn, Error> {
        let actor = self.recently_signed_in_with(token).await?;
        if actor.account.password.is_none() {
            return self.signed_in(actor.account, actor.session);
        }
        self.put_password(token, None, None, EventName::PasswordRemoved, client).await
    }

    /// If the account got another password since the current one was checked, that has ended this session.
    async fn put_password(
        &self,
        token: &str,
        password: Option<&PasswordHash>,
        one: Option<&Try<'_>>,
        name: EventName,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        self.change_recently(token, client, |actor, mut change| async move {
            let kind = notice_of(actor.account.password.as_ref(), password);
            let before = actor.account.password.clone();
            let account = self.count_change(Account {
                password: password.cloned(),
                ..Arc::unwrap_or_clone(actor.account)
            })?;
            if let Some(one) = one {
                self.put_try(&mut change, one).await?;
            }
            self.put_workload(&mut change, before.as_ref(), Some(&account)).await?;
            let about = About::Account(account.id);
            self.queue_notice(&mut change, kind, &account.address, about);
            let event = Event::new(self.world.now(), name, Some(account.id), client);
            let signed_in = self.put_in_new_epoch(&mut change, &actor.session, account).await?;
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(signed_in) })
        })
        .await
    }

    async fn refuse_change(&self, token: &str, one: &Try<'_>, client: &Client) -> Result<SignedIn, Error> {
        self.change_recently(token, client, |actor, mut change| async move {
            self.put_try(&mut change, one).await?;
            let now = self.world.now();
            let event = Event::new(now, EventName::PasswordChangeRefused, Some(actor.account.id), client);
            Ok(Decision::Commit { change, event: Some(event), answer: Err(Error::WrongPassword) })
        })
        .await
    }
}

/// The email that says what became of the password.
fn notice_of(before: Option<&PasswordHash>, after: Option<&PasswordHash>) -> LetterKind {
    match (before, after) {
        (_, None) => LetterKind::PasswordRemoved,
        (None, Some(_)) => LetterKind::PasswordSet,
        (Some(_), Some(_)) => LetterKind::PasswordChanged,
    }
}
