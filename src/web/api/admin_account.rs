//! An account as administrators see it.

use poem_openapi::Object;
use serde::Serialize;

use super::session::Account;
use crate::domain::record::account;

/// An account, as administrators see it.
#[derive(Debug, Object, Serialize)]
pub(super) struct AdminAccount {
    #[oai(flatten)]
    #[serde(flatten)]
    account: Account,
    /// Whether its owner can sign in.
    state: String,
    /// When its owner signed in last, if that is known.
    #[oai(nullable)]
    last_signed_in_at: Option<String>,
    /// How many devices are signed in.
    session_count: u64,
}

/// An account after an action.
#[derive(Debug, Object)]
pub(super) struct AdminAccountAnswer {
    /// The account.
    pub(super) account: AdminAccount,
}

/// The states an account can be in.
pub(super) const STATES: [&str; 3] = ["active", "invited", "disabled"];

impl AdminAccount {
    /// The account of someone invited, to which no one has ever signed in.
    pub(super) fn invited(account: &account::Account) -> Self {
        let [_, invited, disabled] = STATES;
        let state = if account.disabled { disabled } else { invited }.to_owned();
        Self { account: Account::of(account), state, last_signed_in_at: None, session_count: 0 }
    }
}
