//! Who opens a link or enters a code, and what they get.

use crate::domain::password::Password;
use crate::domain::record::account::Account;
use crate::domain::record::ids::Nonce;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{Asker, HeldRequest, Outcome};
use crate::domain::session::SignedIn;

/// Who brings a link, and with what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Redeemer<'a> {
    /// The requests this browser or program holds.
    pub held: &'a [HeldRequest],
    /// Whether a person ticked "I asked for this".
    pub confirm: bool,
    /// The new password: for a reset, or to go with a registration that was typed elsewhere.
    pub password: Option<&'a Password>,
    /// The token of the session it is signed in with, if it is. That session ends with the new one.
    pub session: Option<&'a str>,
}

impl<'a> Redeemer<'a> {
    /// The password that was brought; the field of a page may be there and empty.
    pub(in crate::domain) fn password(&self) -> Option<&'a Password> {
        self.password.filter(|password| !password.is_empty())
    }
}

/// What came of a link or a code.
#[derive(Clone, Debug)]
pub struct Redeemed {
    /// What it was asked for.
    pub purpose: Purpose,
    /// What it came to.
    pub outcome: Outcome,
    /// Whose account.
    pub account: Account,
    /// Which session, and its token; none where nobody is signed in by it.
    pub signed_in: Option<SignedIn>,
    /// Where to go on, for the asker alone.
    pub next: Option<Next>,
}

/// Whether the one who brings these requests is the one who asked for this one.
pub(in crate::domain) fn asks(nonce: Nonce, held: &[HeldRequest]) -> Asker {
    if held.iter().any(|held| held.nonce() == nonce) { Asker::Yes } else { Asker::No }
}
