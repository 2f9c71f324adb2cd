//! Disabling, enabling, signing out and deleting an account, as the operator.

use crate::domain::error::Error;
use crate::domain::limits::LastAdmin;
use crate::domain::mailed::Removed;
use crate::domain::operator::Refusal;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::key::Key;
use crate::domain::{Decision, Gatepost};

/// An account after an action of the operator.
#[derive(Clone, Debug)]
pub struct Treated {
    /// The account as it is now or, if it was deleted, as it was.
    pub account: Account,
    /// Whether the action changed anything.
    pub changed: bool,
    /// How many live sessions it ended.
    pub ended_sessions: usize,
    /// Whether no enabled administrator is left because of it.
    pub leaves_no_admin: bool,
}

impl Gatepost {
    /// Disables an account: sign-in is blocked, all sessions end, and every request becomes void, also
    /// for the time after the account is enabled again. Writes nothing if it is already disabled.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn disable_account(&self, address: &EmailAddress, client: &Client) -> Result<Treated, Refusal> {
        self.disable(address, LastAdmin::Stays, client).await
    }

    /// The same, even if it is the last enabled administrator: for an account that was taken over.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn disable_account_anyway(
        &self,
        address: &EmailAddress,
        client: &Client,
    ) -> Result<Treated, Refusal> {
        self.disable(address, LastAdmin::MayGo, client).await
    }

    async fn disable(
        &self,
        address: &EmailAddress,
        last: LastAdmin,
        client: &Client,
    ) -> Result<Treated, Refusal> {
        self.change_account(address, EventName::AccountDisabled, last, client, |account| {
            if !account.disabled {
                account.disabled = true;
                account.move_epoch();
            }
        })
        .await
    }

    /// Enables an account again. Sessions from before stay ended.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn enable_account(&self, address: &EmailAddress, client: &Client) -> Result<Treated, Refusal> {
        let enable = |account: &mut Account| account.disabled = false;
        self.change_account(address, EventName::AccountEnabled, LastAdmin::Stays, client, enable).await
    }

    /// Ends all sessions of an account, and voids its requests.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn sign_out_account(
        &self,
        address: &EmailAddress,
        client: &Client,
    ) -> Result<Treated, Refusal> {
        let name = EventName::AllSignedOut;
        self.change_account(address, name, LastAdmin::Stays, client, Account::move_epoch).await
    }

    /// Deletes an account, as its owner can. The owner is notified by email.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn delete_account_of(
        &self,
        address: &EmailAddress,
        client: &Client,
    ) -> Result<Treated, Refusal> {
        self.delete(address, LastAdmin::Stays, client).await
    }

    /// The same, even if it is the last enabled administrator.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn delete_account_anyway(
        &self,
        address: &EmailAddress,
        client: &Client,
    ) -> Result<Treated, Refusal> {
        self.delete(address, LastAdmin::MayGo, client).await
    }

    async fn delete(
        &self,
        address: &EmailAddress,
        last: LastAdmin,
        client: &Client,
    ) -> Result<Treated, Refusal> {
        self.decide_and_commit(client, || async {
            let ownership = self.ownership(address).await?;
            let Some(account) = ownership.account() else {
                return Ok(Decision::Answer(Err(Refusal::NoAccount(address.clone()))));
            };
            let ended_sessions = self.count_live_sessions(account).await?;
            let mut change = Change::new();
            ownership.expected_by(&mut change);
            self.put_workload(&mut change, account.password.as_ref(), None).await?;
            let removed = self.remove_account(&mut change, account, last, client).await?;
            let Removed { event, leaves_no_admin } = removed;
            let treated =
                Treated { account: account.clone(), changed: true, ended_sessions, leaves_no_admin };
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(Ok(treated)) })
        })
        .await?
    }

    /// Changes an account in one commit with its event. Writes nothing if the edit changes nothing.
    pub(in crate::domain) async fn change_account(
        &self,
        address: &EmailAddress,
        name: EventName,
        last: LastAdmin,
        client: &Client,
        edit: impl Fn(&mut Account),
    ) -> Result<Treated, Refusal> {
        self.decide_and_commit(client, || async {
            let ownership = self.ownership(address).await?;
            let Some(before) = ownership.account() else {
                return Ok(Decision::Answer(Err(Refusal::NoAccount(address.clone()))));
            };
            let mut account = before.clone();
            edit(&mut account);
            if account == *before {
                let unchanged =
                    Treated { account, changed: false, ended_sessions: 0, leaves_no_admin: false };
                return Ok(Decision::Answer(Ok(unchanged)));
            }
            // A new epoch ends all sessions.
            let ended_sessions =
                if account.epoch == before.epoch { 0 } else { self.count_live_sessions(before).await? };
            let mut change = Change::new();
            ownership.expected_by(&mut change);
            change.put(Key::account(account.id), Record::from(account.clone()));
            let leaves_no_admin = self.put_admins(&mut change, Some(before), Some(&account), last).await?;
            let event = Event::new(self.world.now(), name, Some(account.id), client);
            let treated = Treated { account, changed: true, ended_sessions, leaves_no_admin };
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(Ok(treated)) })
        })
        .await?
    }

    async fn count_live_sessions(&self, account: &Account) -> Result<usize, Error> {
        let sessions = self.sessions_of(account.id).await?;
        Ok(sessions.iter().filter(|(_, session)| self.is_live(session, account)).count())
    }
}
