//! Someone who is signed in.

use crate::domain::record::account::Account;
use crate::domain::record::session::Session;
use crate::domain::token::SessionToken;

/// A live session and its account.
#[derive(Clone, Debug)]
pub struct Live {
    /// The account.
    pub account: Account,
    /// The session.
    pub session: Session,
}

/// The result of signing in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub account: Account,
    /// The session.
    pub session: Session,
    /// The session's token.
    pub token: SessionToken,
}
