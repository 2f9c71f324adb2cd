//! Who opens a link or enters a code, and what they get.

use std::sync::Arc;

use crate::domain::mailed::request::MailQueued;
use crate::domain::password::Password;
use crate::domain::record::account::Account;
use crate::domain::record::ids::Nonce;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{HeldRequest, Outcome, Requester};
use crate::domain::session::SignedIn;

/// Who redeems, and with what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Redeemer<'a> {
    /// The requests this browser or program holds.
    pub held: &'a [HeldRequest],
    /// Whether someone ticked "I requested this email".
    pub confirm: bool,
    /// The new password, for a reset or for a registration made in another browser.
    pub password: Option<&'a Password>,
    /// The token of the session it is signed in with, if any. That session ends with the new one.
    pub session: Option<&'a str>,
}

impl<'a> Redeemer<'a> {
    /// The new password. The field of a page may be sent empty, which counts as none.
    pub(in crate::domain) fn password(&self) -> Option<&'a Password> {
        self.password.filter(|password| !password.is_empty())
    }
}

/// The result of redeeming a link or a code.
#[derive(Clone, Debug)]
pub struct Redeemed {
    /// The purpose of the request.
    pub purpose: Purpose,
    /// What happened.
    pub outcome: Outcome,
    /// The account.
    pub account: Arc<Account>,
    /// The session and its token; none if no one was signed in.
    pub signed_in: Option<SignedIn>,
    /// Where to go next, for the requester only.
    pub next: Option<Next>,
    /// The request for a new password that securing an account made.
    pub reset: Option<MailQueued>,
}

/// Whether someone who holds these requests is the requester of this one.
pub(in crate::domain) fn requester_of(nonce: Nonce, held: &[HeldRequest]) -> Requester {
    if held.iter().any(|held| held.nonce() == nonce) { Requester::Yes } else { Requester::No }
}
