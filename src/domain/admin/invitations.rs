//! Inviting someone, sending the invitation again, and withdrawing it.

use crate::domain::admin::AccountRow;
use crate::domain::error::Error;
use crate::domain::limits::Asker;
use crate::domain::outbox::Turn;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::registration::RegistrationMode;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Creates an account for someone, who is invited by email to sign in to it.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `RegistrationClosed` where no one can get an account;
    /// `AddressTaken`; `AddressHeld`; `Limited`; `Store`.
    pub async fn invite(
        &self,
        token: &str,
        address: &EmailAddress,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        let asker = &Asker::admin(client);
        let invited = self.act_as_admin(token, client, |actor, mut change| async move {
            if self.settings().registration == RegistrationMode::Closed {
                return Err(Error::RegistrationClosed);
            }
            let ownership = self.ownership(address).await?;
            ownership.expect_free()?;
            ownership.expected_by(&mut change);
            let account = self.put_invited(&mut change, address);
            self.put_workload(&mut change, None, Some(&account)).await?;
            self.put_admin_mail(&mut change, actor.account.id, address, asker).await?;
            self.put_invitation(&mut change, &account, Turn::Now);
            let client = client.of_admin(actor.account.id);
            let event = Event::new(account.registered_at, EventName::Invited, Some(account.id), &client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(account) })
        });
        let account = self.settle_mail(asker, invited).await?;
        self.account_row(account).await
    }

    /// Sends the invitation to an account again.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over` once the person has signed in, or if there is no
    /// such account; `AccountDisabled`; `Limited`; `Store`.
    pub async fn invite_again(
        &self,
        token: &str,
        id: AccountId,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        let asker = &Asker::admin(client);
        let invited = self.act_as_admin(token, client, |actor, mut change| async move {
            let account = self.find_invited(&mut change, id).await?;
            if account.disabled {
                return Err(Error::AccountDisabled);
            }
            self.put_admin_mail(&mut change, actor.account.id, &account.address, asker).await?;
            self.put_invitation(&mut change, &account, Turn::Now);
            let client = client.of_admin(actor.account.id);
            let event = Event::new(self.world.now(), EventName::InvitedAgain, Some(id), &client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(account) })
        });
        let account = self.settle_mail(asker, invited).await?;
        self.account_row(account).await
    }

    /// Withdraws an invitation, which deletes the account.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over` once the person has signed in, or if there is no
    /// such account; `Store`.
    pub async fn withdraw_invitation(
        &self,
        token: &str,
        id: AccountId,
        client: &Client,
    ) -> Result<(), Error> {
        self.act_as_admin(token, client, |actor, mut change| async move {
            let account = self.find_invited(&mut change, id).await?;
            self.put_withdrawal(&mut change, &account);
            let client = client.of_admin(actor.account.id);
            let event = Event::new(self.world.now(), EventName::InvitationWithdrawn, Some(id), &client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(()) })
        })
        .await
    }

    /// The account of someone invited, which `change` expects.
    async fn find_invited(&self, change: &mut Change, id: AccountId) -> Result<Account, Error> {
        let found: Found<Account> = self.find(Key::account(id)).await?;
        found.expected_by(change);
        found.value.filter(Account::is_invited).ok_or(Error::Over)
    }
}
