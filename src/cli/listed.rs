//! Which accounts `gatepost account list` lists.

use clap::ValueEnum;

use crate::domain::operator::AccountState;

/// Which accounts are listed.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Listed {
    /// All accounts
    All,
    /// Accounts with admin rights
    Admin,
    /// Disabled accounts
    Disabled,
    /// Accounts of people who were invited and have not signed in yet
    Invited,
}

impl From<Listed> for AccountState {
    fn from(listed: Listed) -> Self {
        match listed {
            Listed::All => Self::All,
            Listed::Admin => Self::Admin,
            Listed::Disabled => Self::Disabled,
            Listed::Invited => Self::Invited,
        }
    }
}
