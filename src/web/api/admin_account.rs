//! Accounts, and what happened to them, as administrators see them.

use poem_openapi::Object;
use serde::Serialize;

use super::session::Account;
use crate::domain::admin::{AccountEvent, AccountRow};
use crate::domain::record::account_state::AccountState;
use crate::web::ip;

/// An account, as administrators see it.
#[derive(Debug, Object, Serialize)]
pub(super) struct AdminAccount {
    /// Permanent identifier.
    id: String,
    /// The email address.
    email: String,
    /// When the email address was entered or, while the person is invited, when that was.
    registered_at: String,
    /// When the email address was confirmed; `null` while the person is invited.
    #[oai(nullable)]
    confirmed_at: Option<String>,
    /// Whether the account has admin rights.
    admin: bool,
    /// Whether a password is set.
    has_password: bool,
    /// The new email address, while a change is waiting to be confirmed.
    #[oai(nullable)]
    pending_email: Option<String>,
    /// Whether an email is sent when someone signs in with the password on a new device.
    new_device_emails: bool,
    /// What the account is.
    state: String,
    /// The last sign-in; `null` if none is known.
    #[oai(nullable)]
    last_signed_in_at: Option<String>,
    /// How many sessions the account has.
    session_count: u64,
}

/// An account after an action.
#[derive(Debug, Object, Serialize)]
pub(super) struct AdminAccountAnswer {
    /// The account.
    account: AdminAccount,
}

/// Who did something.
#[derive(Debug, Object, Serialize)]
struct DoneBy {
    /// What they are.
    kind: String,
    /// Their account, if they have one.
    #[oai(nullable)]
    account: Option<String>,
    /// The email address of that account, while it exists.
    #[oai(nullable)]
    email: Option<String>,
}

/// Something that happened, as administrators see it.
#[derive(Debug, Object, Serialize)]
pub(super) struct AdminEvent {
    /// When it happened, for the last time if it was counted.
    at: String,
    /// The kind of event. Names follow the OWASP logging vocabulary where it has one. New values may be
    /// added.
    name: String,
    /// What happened, in a sentence.
    what: String,
    /// The account it happened to.
    #[oai(nullable)]
    account: Option<String>,
    /// The client address; `null` if there was no client.
    #[oai(nullable)]
    ip: Option<String>,
    /// The browser and system, in a few words; `null` if there was no client.
    #[oai(nullable)]
    device: Option<String>,
    /// What it was done with; `null` where anyone could have done it.
    #[oai(nullable)]
    means: Option<String>,
    /// How often it happened. Refusals are counted; everything else is listed each time.
    count: u64,
    /// When it happened first, if it was counted.
    #[oai(nullable)]
    first_at: Option<String>,
    /// Who did it.
    by: DoneBy,
}

impl From<AccountRow> for AdminAccountAnswer {
    fn from(row: AccountRow) -> Self {
        Self { account: row.into() }
    }
}

impl From<AccountRow> for AdminAccount {
    fn from(row: AccountRow) -> Self {
        let AccountRow { account, last_signed_in_at, session_count } = row;
        let state = account.state();
        let Account {
            id,
            email,
            registered_at,
            confirmed_at,
            admin,
            has_password,
            pending_email,
            new_device_emails,
        } = Account::of(&account);
        Self {
            id,
            email,
            registered_at,
            confirmed_at: Some(confirmed_at).filter(|_| state != AccountState::Invited),
            admin,
            has_password,
            pending_email,
            new_device_emails,
            state: state.as_str().to_owned(),
            last_signed_in_at: last_signed_in_at.map(String::from),
            session_count: session_count as u64,
        }
    }
}

impl AdminEvent {
    /// An event of this account.
    pub(super) fn of(event: AccountEvent, account: &str) -> Self {
        let (ip, device) = event.client.unzip();
        let (by_account, by_email) = event.by_account.unzip();
        let by = DoneBy {
            kind: event.by.as_str().to_owned(),
            account: by_account.map(|id| id.to_string()),
            email: by_email.flatten().map(|email| email.to_string()),
        };
        Self {
            at: event.at.into(),
            name: event.name.as_str().to_owned(),
            what: event.name.sentence_of(event.count),
            account: Some(account.to_owned()),
            ip: ip.map(ip::text),
            device,
            means: event.means.map(|means| means.as_str().to_owned()),
            count: event.count,
            first_at: event.first_at.map(String::from),
            by,
        }
    }
}
