//! An account as administrators see it.

use poem_openapi::Object;
use serde::Serialize;

use super::session::Account;
use crate::domain::admin::AccountRow;

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
            confirmed_at,
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
