//! What an account is, for those who look after accounts.

use crate::domain::record::account::Account;
use crate::domain::record::time::Timestamp;

/// What an account is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// Its person can sign in.
    Active,
    /// Its person was invited, and has not signed in yet.
    Invited,
    /// No one can sign in to it.
    Disabled,
}

/// A state that has a list of its own. An account can be in several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateList {
    /// Administrators, enabled or not.
    Admin,
    /// Disabled accounts.
    Disabled,
    /// Accounts whose person was invited, and has not signed in yet.
    Invited,
}

impl AccountState {
    /// The word on the wire. It never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Invited => "invited",
            Self::Disabled => "disabled",
        }
    }
}

impl StateList {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Disabled, Self::Invited];

    /// The word on the wire. It never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Disabled => "disabled",
            Self::Invited => "invited",
        }
    }

    /// Whether an account is in it.
    #[must_use]
    pub fn has(self, account: &Account) -> bool {
        match self {
            Self::Admin => account.admin,
            Self::Disabled => account.state() == AccountState::Disabled,
            Self::Invited => account.state() == AccountState::Invited,
        }
    }
}

impl Account {
    /// What it is. Everything that tells accounts apart by their state asks this.
    #[must_use]
    pub fn state(&self) -> AccountState {
        match self {
            _ if self.disabled => AccountState::Disabled,
            _ if self.is_invited() => AccountState::Invited,
            _ => AccountState::Active,
        }
    }

    /// Since when it is one of the accounts: since it was confirmed or, if it never was, since it was invited.
    #[must_use]
    pub fn listed_at(&self) -> Timestamp {
        self.confirmed_at.unwrap_or(self.registered_at)
    }
}
