//! Who is an administrator.
//!
//! An attacker who has an administrator's session would first make one more. So each other administrator gets an email
//! about a new one, in the commit that makes it, and the one whose session it was gets it too.

use std::collections::BTreeSet;

use super::access::Edit;
use crate::domain::Gatepost;
use crate::domain::admin::AccountRow;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::account::Account;
use crate::domain::record::admins::Admins;
use crate::domain::record::client::Client;
use crate::domain::record::event::EventName;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::session::Actor;

const GRANT: Edit = Edit {
    event: EventName::AdminGranted,
    notice: LetterKind::AdminGranted,
    others: Some(LetterKind::NewAdmin),
    change: |account| account.admin = true,
};

const REVOKE: Edit = Edit {
    event: EventName::AdminRevoked,
    notice: LetterKind::AdminRevoked,
    others: None,
    change: |account| account.admin = false,
};

impl Gatepost {
    /// Makes someone an administrator.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over`; `TooManyAdmins`; `Store`.
    pub async fn admin_grant(
        &self,
        token: &str,
        id: AccountId,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        self.edit_as_admin(token, id, &GRANT, client).await
    }

    /// Takes the role of an administrator away. An enabled one always remains.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over`; `LastAdmin`; `IndexBuilding`; `Store`.
    pub async fn admin_revoke(
        &self,
        token: &str,
        id: AccountId,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        self.edit_as_admin(token, id, &REVOKE, client).await
    }

    /// Queues a notice to each enabled administrator but one.
    pub(super) async fn notify_other_admins(
        &self,
        change: &mut Change,
        kind: LetterKind,
        actor: &Actor,
        but: AccountId,
    ) -> Result<(), Error> {
        let found: Found<Admins> = self.find(Key::admins()).await?;
        // Who acts is one of them, also while an older database has no list of them yet.
        let mut ids: BTreeSet<AccountId> = found.value.iter().flat_map(Admins::ids).collect();
        ids.insert(actor.account.id);
        ids.remove(&but);
        if ids.len() > Admins::MOST {
            return Err(Error::TooManyAdmins);
        }
        let accounts = self.list_these::<Account>(ids.into_iter().map(Key::account).collect()).await?;
        for account in accounts.into_iter().map(|listed| listed.value).filter(Account::is_enabled_admin) {
            self.queue_notice(change, kind, &account.address, About::Account(account.id));
        }
        Ok(())
    }
}
