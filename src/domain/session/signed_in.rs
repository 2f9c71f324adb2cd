//! Someone who is signed in, and how their account stands.

use std::sync::Arc;

use crate::domain::ports::Version;
use crate::domain::record::account::Account;
use crate::domain::record::session::Session;
use crate::domain::token::SessionToken;

/// A live session and its account.
#[derive(Clone, Debug)]
pub struct Live {
    /// The account.
    pub account: Arc<Account>,
    /// The session.
    pub session: Arc<Session>,
}

/// The result of signing in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub account: Arc<Account>,
    /// The session.
    pub session: Arc<Session>,
    /// The session's token.
    pub token: SessionToken,
}

/// How an account stands at one moment, and whether the session may change it. Only compared: it is the same
/// again only if nothing has happened in between. Without a live session it is always the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing(pub(super) Option<(Version, bool)>);
