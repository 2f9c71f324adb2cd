//! An account, as administrators see it.

use poem_openapi::Object;
use serde::Serialize;

use crate::domain::admin::AccountSeen;

/// An account, as administrators see it.
#[derive(Debug, Object, Serialize)]
pub(super) struct AdminAccount {
    /// Permanent identifier.
    id: String,
    /// The email address.
    email: String,
    /// When the email address was entered.
    registered_at: String,
    /// When the email address was confirmed.
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
    /// Whether someone can sign in to it.
    state: String,
    /// The last sign-in that is known.
    #[oai(nullable)]
    last_signed_in_at: Option<String>,
    /// How many devices are signed in.
    session_count: usize,
}

/// An account after an action.
#[derive(Debug, Object, Serialize)]
pub(super) struct AdminAccountAnswer {
    /// The account.
    account: AdminAccount,
}

/// The states of an account.
pub(super) const STATES: [&str; 2] = ["active", "disabled"];

impl From<AccountSeen> for AdminAccount {
    fn from(seen: AccountSeen) -> Self {
        let AccountSeen { account, last_signed_in_at, session_count } = seen;
        let [active, disabled] = STATES;
        Self {
            id: account.id.to_string(),
            email: account.address.to_string(),
            registered_at: account.registered_at.into(),
            confirmed_at: Some(account.confirmed_at.into()),
            admin: account.admin,
            has_password: account.password.is_some(),
            pending_email: account.pending_change.as_ref().map(|change| change.address.to_string()),
            new_device_emails: !account.device_emails.are_off,
            state: if account.disabled { disabled } else { active }.to_owned(),
            last_signed_in_at: last_signed_in_at.map(String::from),
            session_count,
        }
    }
}

impl From<AccountSeen> for AdminAccountAnswer {
    fn from(seen: AccountSeen) -> Self {
        Self { account: seen.into() }
    }
}
