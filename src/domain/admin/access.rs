//! Who can get in to an account: disabling and enabling it, signing it out.
//!
//! Each action is one commit: the effect, the event that names the administrator, and the email to the owner. Where
//! nothing is left to do, nothing is written, and the answer is the same.

use crate::domain::admin::AccountRow;
use crate::domain::error::Error;
use crate::domain::limits::LastAdmin;
use crate::domain::read::Found;
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::{AccountId, SessionId};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::record::session::Session;
use crate::domain::{Decision, Gatepost};

/// What is changed in an account, and how it is said.
pub(super) struct Edit {
    pub(super) event: EventName,
    pub(super) notice: LetterKind,
    /// To each other administrator, if it is to go to them.
    pub(super) others: Option<LetterKind>,
    pub(super) change: fn(&mut Account),
}

const DISABLE: Edit = Edit {
    event: EventName::AccountDisabled,
    notice: LetterKind::Disabled,
    others: None,
    // The new epoch makes sure that sessions, links and codes from before stay dead after it is enabled again.
    change: |account| {
        if !account.disabled {
            account.disabled = true;
            account.move_epoch();
        }
    },
};

const ENABLE: Edit = Edit {
    event: EventName::AccountEnabled,
    notice: LetterKind::Enabled,
    others: None,
    change: |account| account.disabled = false,
};

impl Gatepost {
    /// Disables an account: sign-in is blocked, all sessions end, and every request becomes void, also for the time
    /// after the account is enabled again.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over`; `LastAdmin`; `IndexBuilding`; `Store`.
    pub async fn admin_disable(
        &self,
        token: &str,
        id: AccountId,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        self.edit_as_admin(token, id, &DISABLE, client).await
    }

    /// Enables an account again.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over`; `TooManyAdmins`; `Store`.
    pub async fn admin_enable(
        &self,
        token: &str,
        id: AccountId,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        self.edit_as_admin(token, id, &ENABLE, client).await
    }

    /// Ends all sessions of an account, and voids its requests.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over`; `Store`.
    pub async fn admin_end_sessions(
        &self,
        token: &str,
        id: AccountId,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        let account = self
            .act_as_admin(token, client, |actor, mut change| async move {
                let before = self.put_target(&mut change, &actor, id).await?;
                if !self.has_anything_live(&before, None).await? {
                    return Ok(Decision::Answer(before));
                }
                let mut account = before.clone();
                account.move_epoch();
                change.put_account(Some(&before), &account);
                self.queue_notice(&mut change, LetterKind::SignedOut, &account.address, About::Account(id));
                let client = client.of_admin(actor.account.id);
                let event = Some(Event::new(self.world.now(), EventName::AllSignedOut, Some(id), &client));
                Ok(Decision::Commit { change, event, answer: Ok(account) })
            })
            .await?;
        self.account_row(account).await
    }

    /// Ends one session of an account, and nothing else.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over` if the account or the session has ended or was
    /// never there, or if the session is someone else's; `Store`.
    pub async fn admin_end_session(
        &self,
        token: &str,
        id: AccountId,
        session: SessionId,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        let account = self
            .act_as_admin(token, client, |actor, mut change| async move {
                let account = self.put_target(&mut change, &actor, id).await?;
                let key = Key::session(id, session);
                let is_acting = actor.account.id == id && actor.session.id == session;
                // The change depends on the acting session already.
                if !is_acting {
                    let found: Found<Session> = self.find(key.clone()).await?;
                    let is_live = |session: &Session| self.is_live(session, &account);
                    found.value.as_ref().filter(|session| is_live(session)).ok_or(Error::Over)?;
                    found.expected_by(&mut change);
                }
                change.delete(key);
                let kind = LetterKind::SessionEnded;
                self.queue_notice(&mut change, kind, &account.address, About::Account(id));
                let client = client.of_admin(actor.account.id);
                let event = Some(Event::new(self.world.now(), EventName::SessionEnded, Some(id), &client));
                Ok(Decision::Commit { change, event, answer: Ok(account) })
            })
            .await?;
        self.account_row(account).await
    }

    /// Changes an account. Writes nothing if that changes nothing.
    pub(super) async fn edit_as_admin(
        &self,
        token: &str,
        id: AccountId,
        edit: &'static Edit,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        let account = self
            .act_as_admin(token, client, |actor, mut change| async move {
                let before = self.put_target(&mut change, &actor, id).await?;
                let mut account = before.clone();
                (edit.change)(&mut account);
                if account == before {
                    return Ok(Decision::Answer(account));
                }
                // Otherwise whoever reads a mailbox that no one has proven could become an administrator.
                if account.admin && account.is_invited() {
                    return Err(Error::Over);
                }
                change.put_account(Some(&before), &account);
                let last = LastAdmin::Stays;
                self.put_admins(&mut change, Some(&before), Some(&account), last).await?;
                self.queue_notice(&mut change, edit.notice, &account.address, About::Account(id));
                if let Some(kind) = edit.others {
                    self.notify_other_admins(&mut change, kind, &actor, id).await?;
                }
                let client = client.of_admin(actor.account.id);
                let event = Some(Event::new(self.world.now(), edit.event, Some(id), &client));
                Ok(Decision::Commit { change, event, answer: Ok(account) })
            })
            .await?;
        self.account_row(account).await
    }
}
