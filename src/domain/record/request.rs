//! A request: somebody asked for a mail. The record and the rules that need no store.
//!
//! One nonce, and every secret of the request is derived from it (`token`). To its holder every
//! request looks alike: when it is over, how often it can be sent again and what a wrong code gets
//! never depend on who stands behind the address.

use std::time::Duration;

use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::ids::KeyId;
use crate::domain::record::ids::{AccountId, Nonce, SessionId};
use crate::domain::record::next::Next;
use crate::domain::record::password::PasswordHash;
pub use crate::domain::record::purpose::Purpose;
use crate::domain::record::session::Session;
use crate::domain::record::time::Timestamp;

/// Wrong codes a request takes; then its code is over and only its link lives (NIST 800-63B).
pub const MAX_WRONG_CODES: u8 = 5;
/// How long after a mail the next one of the same request may be asked for.
pub const RESEND_WAIT: Duration = Duration::from_secs(30);
/// How long the asker gets the same answer again: a double click, an answer lost on a bad line.
pub const REPEAT_WINDOW: Duration = Duration::from_mins(1);

/// How long a link is good that the operator hands out.
pub const HANDED_OUT_LIFETIME: Duration = Duration::from_hours(24);

/// The right of the one who asked: only an authentic request token becomes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRequest(pub(in crate::domain) Nonce);

impl HeldRequest {
    /// Which request: an opaque value, and no secret, for a page with several of them.
    #[must_use]
    pub fn nonce(self) -> Nonce {
        self.0
    }
}

/// A request as it stands in the store.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Request {
    /// What it is for.
    pub purpose: Purpose,
    /// Where its letters go.
    pub address: EmailAddress,
    /// The key all its secrets are derived with.
    pub key: KeyId,
    /// When it was first asked for.
    pub asked_at: Timestamp,
    /// When its holder's side of it is over. Nothing moves this, and no letter outlives it.
    pub expires_at: Timestamp,
    /// When a letter was last asked for.
    pub mailed_at: Timestamp,
    /// Wrong codes so far, over all generations.
    pub wrong_codes: u8,
    /// Where its holder wanted to go.
    pub next: Option<Next>,
    /// The password that was typed with a registration. It becomes the account's only in the browser
    /// where it was typed.
    pub password: Option<PasswordHash>,
    /// Who asked, where only an account can: it is redeemed in a session of that account alone.
    pub asker: Option<AskingAccount>,
    /// Whether the operator handed its link out: no letter holds it, and no browser waits for it.
    pub handed_out: bool,
    /// What its letters can do now.
    pub generation: Generation,
}

/// A link and its code, and for whom they are. Letters of an earlier generation are dead.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Generation {
    /// Its number, sealed into the link.
    pub number: u8,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Who stood behind the address then.
    pub bound_to: BoundTo,
    /// Letters that are owed. While one is, link and code work: it may have left already.
    pub queued: u8,
    /// When the last letter that was delivered is over.
    pub live_until: Timestamp,
    /// What was made of it, once.
    pub used: Option<Used>,
}

/// Who stood behind an address when it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum BoundTo {
    /// Nobody: redeeming makes the account.
    NoOne,
    /// An account, as it was in one epoch.
    Account {
        /// Its id.
        id: AccountId,
        /// Its epoch then.
        epoch: u32,
    },
}

/// The account that asked, as it was in one epoch, and in which of its sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AskingAccount {
    /// Its id.
    pub id: AccountId,
    /// Its epoch then.
    pub epoch: u32,
    /// The session that asked.
    pub session: SessionId,
    /// When its holder had last proven who they are.
    pub proven_at: Timestamp,
}

impl AskingAccount {
    pub(in crate::domain) fn of(account: &Account, session: &Session) -> Self {
        let Session { id, proven_at, .. } = *session;
        Self { id: account.id, epoch: account.epoch, session: id, proven_at }
    }
}

/// How a request was used.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Used {
    /// When.
    pub at: Timestamp,
    /// Whose session came of it.
    pub account: AccountId,
    /// Which session came of it.
    pub session: SessionId,
    /// What the answer was.
    pub outcome: Outcome,
    /// Who did.
    pub by: Asker,
}

/// Who stands before a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Asker {
    /// The one who asked: holds the request of this very link.
    Yes,
    /// Anybody else.
    No,
}

/// What redeeming came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    /// The account came to be by this.
    Confirmed,
    /// The account was there and is signed in.
    SignedIn,
    /// It has a new password, and is signed in.
    PasswordReset,
    /// It has a new address.
    EmailChanged,
    /// It has its old address back, and nobody is signed in.
    EmailRestored,
    /// Who is signed in has proven it once more.
    Recent,
}

impl Outcome {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::SignedIn => "signed_in",
            Self::PasswordReset => "password_reset",
            Self::EmailChanged => "email_changed",
            Self::EmailRestored => "email_restored",
            Self::Recent => "recent",
        }
    }
}

impl Request {
    /// Whether its holder's side of it is over.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// Whether its code takes no more tries.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.wrong_codes >= MAX_WRONG_CODES
    }

    /// How long to wait until the next mail may be asked for. Never longer than the rule, though
    /// the clock was ahead when the last one was.
    #[must_use]
    pub fn resend_after(&self, now: Timestamp) -> Duration {
        self.mailed_at.plus(RESEND_WAIT).since(now).min(RESEND_WAIT)
    }

    /// When nothing speaks of it any more.
    #[must_use]
    pub fn kept_until(&self) -> Timestamp {
        self.expires_at.plus(self.purpose.kept_after_end())
    }

    /// When link and code end, as far as it is known now.
    #[must_use]
    pub fn live_until(&self) -> Timestamp {
        match self.generation.queued {
            0 => self.generation.live_until.min(self.expires_at),
            _ => self.expires_at,
        }
    }

    /// Whether an account with a password comes of it.
    #[must_use]
    pub fn makes_account(&self) -> bool {
        self.purpose == Purpose::Register && self.generation.bound_to == BoundTo::NoOne
    }

    /// A refused redemption commits nothing; the log still tells a second click from a forged link.
    pub fn log_reuse(&self, client: &Client) {
        if let Some(used) = &self.generation.used {
            let request_id = client.request_id.as_str();
            tracing::warn!(event = "authn_token_reuse", account.id = %used.account, client.ip = %client.ip, request.id = request_id);
        }
    }

    /// The mail server has taken a letter of generation `number`: its lifetime starts now.
    pub fn letter_delivered(&mut self, number: u8, now: Timestamp, lifetime: Duration) {
        if self.generation.number == number {
            self.generation.queued = self.generation.queued.saturating_sub(1);
            self.generation.live_until = self.generation.live_until.max(now.plus(lifetime));
        }
    }

    /// A letter of generation `number` will never arrive.
    pub fn letter_dropped(&mut self, number: u8) {
        if self.generation.number == number {
            self.generation.queued = self.generation.queued.saturating_sub(1);
        }
    }
}
