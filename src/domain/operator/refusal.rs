//! Why the operator is refused.

use crate::domain::error::Error;
use crate::domain::record::address::EmailAddress;

/// Why the operator is refused. No door ever says any of this: a stranger would learn who has an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody has an account under the address.
    #[error("{0} has an account already")]
    AddressTaken(EmailAddress),
    /// An account that had the address may have it back.
    #[error("{0} is held for the account that had it, which may have it back for a week")]
    AddressHeld(EmailAddress),
    /// Nobody has one.
    #[error("{0} has no account")]
    NoAccount(EmailAddress),
    /// The account is shut: no link would sign in.
    #[error("the account of {0} is disabled, and no link signs in to it")]
    Disabled(EmailAddress),
    /// What any act can be refused for.
    #[error(transparent)]
    House(#[from] Error),
}
