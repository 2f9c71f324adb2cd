//! Someone who is signed in.

use crate::domain::record::account::Account;
use crate::domain::record::session::Session;
use crate::domain::token::SessionToken;

/// A live session and whose it is.
#[derive(Clone, Debug)]
pub struct Live {
    /// Whose account.
    pub account: Account,
    /// Which session.
    pub session: Session,
}

/// Somebody who just signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Whose account.
    pub account: Account,
    /// Which session.
    pub session: Session,
    /// The session's token.
    pub token: SessionToken,
}
