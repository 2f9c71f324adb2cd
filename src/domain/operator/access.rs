//! What the operator does to somebody's account: shutting it, opening it again, signing it out
//! everywhere, deleting it.

use crate::domain::operator::Refusal;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::key::Key;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Shuts an account: nobody signs in to it, everybody is signed out, and every request is void, also
    /// after it was opened again. What is so already is not written again.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn disable_account(&self, address: &EmailAddress, client: &Client) -> Result<Account, Refusal> {
        self.change_account(address, EventName::AccountDisabled, client, |account| {
            if !account.disabled {
                account.disabled = true;
                account.move_epoch();
            }
        })
        .await
    }

    /// Opens it again. Who was signed in before has to sign in anew.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn enable_account(&self, address: &EmailAddress, client: &Client) -> Result<Account, Refusal> {
        self.change_account(address, EventName::AccountEnabled, client, |account| account.disabled = false)
            .await
    }

    /// Ends all sessions of an account, and voids every request.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn sign_out_account(
        &self,
        address: &EmailAddress,
        client: &Client,
    ) -> Result<Account, Refusal> {
        self.change_account(address, EventName::AllSignedOut, client, Account::move_epoch).await
    }

    /// Deletes an account, as its person can; that person is told by mail.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn delete_account_of(
        &self,
        address: &EmailAddress,
        client: &Client,
    ) -> Result<Account, Refusal> {
        self.act(client, || async {
            let standing = self.standing(address).await?;
            let Some(account) = standing.account() else {
                return Ok(Decision::Answer(Err(Refusal::NoAccount(address.clone()))));
            };
            let mut change = Change::new();
            standing.expected_by(&mut change);
            let event = self.remove_account(&mut change, account, client).await?;
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(Ok(account.clone())) })
        })
        .await?
    }

    /// Changes an account in one commit with its event; neither, where it is so already.
    pub(in crate::domain) async fn change_account(
        &self,
        address: &EmailAddress,
        name: EventName,
        client: &Client,
        edit: impl Fn(&mut Account),
    ) -> Result<Account, Refusal> {
        self.act(client, || async {
            let standing = self.standing(address).await?;
            let Some(before) = standing.account() else {
                return Ok(Decision::Answer(Err(Refusal::NoAccount(address.clone()))));
            };
            let mut account = before.clone();
            edit(&mut account);
            if account == *before {
                return Ok(Decision::Answer(Ok(account)));
            }
            let mut change = Change::new();
            standing.expected_by(&mut change);
            change.put(Key::account(account.id), Record::Account(account.clone()));
            let event = Event::new(self.world.now(), name, Some(account.id), client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(Ok(account)) })
        })
        .await?
    }
}
