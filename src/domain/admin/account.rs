//! One account, with everything that helps its person to get in.

use super::accounts::AccountRow;
use super::events::{EventQuery, SeenEvent};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::outbox::Email;
use crate::domain::read::Found;
use crate::domain::record::account::Account;
use crate::domain::record::app_key::AppKey;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::session::Session;
use crate::domain::record::time::Timestamp;

/// How many emails are shown. There are as many events as on a page of events.
const LATEST: usize = 50;

/// An account, and what has to do with it.
#[derive(Clone, Debug)]
pub struct AccountView {
    /// The account, as a list shows it.
    pub row: AccountRow,
    /// Its live sessions, most recently used first.
    pub sessions: Vec<Session>,
    /// Its keys for programs, the newest first.
    pub keys: Vec<AppKey>,
    /// The latest emails to its address, the newest first.
    pub emails: Vec<Email>,
    /// Its latest events, the newest first.
    pub events: Vec<SeenEvent>,
    /// When this was looked at.
    pub at: Timestamp,
}

impl Gatepost {
    /// An account, and what has to do with it.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `NotFound`; `Store`.
    pub async fn look_at_account(&self, token: &str, id: AccountId) -> Result<AccountView, Error> {
        self.expect_admin(token).await?;
        let found: Found<Account> = self.find(Key::account(id)).await?;
        let row = self.account_row(found.value.ok_or(Error::NotFound)?).await?;
        let account = &row.account;
        let sessions = self.live_sessions(account).await?;
        let keys = self.app_keys(account).await?;
        let emails = self.newest_emails_to(&account.address.canonical(), LATEST).await?;
        let of_account = EventQuery { account: Some(id), ..EventQuery::default() };
        let events = self.event_page(&of_account).await?.events;
        Ok(AccountView { row, sessions, keys, emails, events, at: self.world.now() })
    }
}
