//! A request for an email: the record, and the rules that need no store.
//!
//! Every secret of a request is derived from its nonce (`token`). To its holder every request looks alike:
//! when it ends, how often it can be resent and the answer to a wrong code never depend on who the address
//! belongs to.

use std::time::Duration;

use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::ids::KeyId;
use crate::domain::record::ids::{AccountId, Nonce, SessionId};
use crate::domain::record::next::Next;
use crate::domain::record::pending::EnteredPassword;
pub use crate::domain::record::purpose::Purpose;
use crate::domain::record::session::Session;
use crate::domain::record::store_generation::StoreGeneration;
use crate::domain::record::time::Timestamp;

/// How many wrong codes end the code of a request. Its link still works (NIST SP 800-63B).
pub const MAX_WRONG_CODES: u8 = 5;
/// The wait between two emails of one request.
pub const RESEND_WAIT: Duration = Duration::from_secs(30);
/// How long redeeming again gives the same answer, for a double click or a response lost on a bad
/// connection.
pub const REPEAT_WINDOW: Duration = Duration::from_mins(1);

/// The lifetime of a sign-in link created by the operator.
pub const HANDED_OUT_LIFETIME: Duration = Duration::from_hours(24);

/// A request that the client proved to be its own: only an authentic request token becomes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRequest(pub(in crate::domain) Nonce);

impl HeldRequest {
    /// Which request it is. Opaque but not secret; a page with several requests names one with it.
    #[must_use]
    pub fn nonce(self) -> Nonce {
        self.0
    }
}

/// A request as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Request {
    /// What it is for.
    pub purpose: Purpose,
    /// The address its emails go to.
    pub address: EmailAddress,
    /// The key that all its secrets are derived with.
    pub key: KeyId,
    /// When it was made.
    pub asked_at: Timestamp,
    /// When it ends for its holder. Nothing moves this time, and no email outlives it.
    pub expires_at: Timestamp,
    /// When an email was last requested.
    pub mailed_at: Timestamp,
    /// Wrong codes so far, in all generations.
    pub wrong_codes: u8,
    /// Where its holder wants to go after signing in.
    pub next: Option<Next>,
    /// The password entered at registration.
    pub password: Option<EnteredPassword>,
    /// The requesting account, for purposes that only an account can have. Only its sessions can redeem the
    /// request.
    pub requester: Option<RequestingAccount>,
    /// Whether the operator created its link: no email contains it, and no browser waits for it.
    pub handed_out: bool,
    /// What its emails can do now.
    pub generation: Generation,
}

/// A link, its code, and who they are for. Emails of an earlier generation are dead.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Generation {
    /// Its number, sealed into the link.
    pub number: u8,
    /// When it was requested.
    pub asked_at: Timestamp,
    /// Who the address belonged to then.
    pub bound_to: BoundTo,
    /// The store's generation then.
    pub store: StoreGeneration,
    /// Emails that wait in the outbox and were never handed to a mail server.
    pub queued: u8,
    /// When the last email that a mail server got expires.
    pub live_until: Timestamp,
    /// How it was used, once it was.
    pub used: Option<Used>,
}

/// Who an address belonged to when the email was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum BoundTo {
    /// No one: redeeming creates the account.
    NoOne,
    /// An account, as it was in one epoch.
    Account {
        /// Its id.
        id: AccountId,
        /// Its epoch then.
        epoch: u32,
    },
}

/// The account that asked, in the epoch and the session it asked from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RequestingAccount {
    /// Its id.
    pub id: AccountId,
    /// Its epoch then.
    pub epoch: u32,
    /// The session that asked.
    pub session: SessionId,
    /// When that session had last confirmed who its holder is.
    pub proven_at: Timestamp,
}

impl RequestingAccount {
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
    /// The account that was signed in.
    pub account: AccountId,
    /// The session that was created.
    pub session: SessionId,
    /// The result.
    pub outcome: Outcome,
    /// Whether its requester used it.
    pub by: Requester,
}

/// Whether someone who opens a link is its requester.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Requester {
    /// Yes: has the token of the request that this link belongs to.
    Yes,
    /// No: anyone else.
    No,
}

/// The result of redeeming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    /// The account was created.
    Confirmed,
    /// An existing account was signed in.
    SignedIn,
    /// The account has a new password and was signed in.
    PasswordReset,
    /// The account has a new address.
    EmailChanged,
    /// The account has its old address back, and no one is signed in.
    EmailRestored,
    /// The person signed in has confirmed who they are.
    Recent,
    /// The account is signed out everywhere and has no password, and a new one can be chosen by email.
    AccountSecured,
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
            Self::AccountSecured => "account_secured",
        }
    }
}

impl Request {
    /// Whether it has ended for its holder.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// Whether its code is used up by wrong attempts.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.wrong_codes >= MAX_WRONG_CODES
    }

    /// How long to wait until another email can be requested. If the clock was ahead when the last one was
    /// requested, there is nothing to wait for.
    #[must_use]
    pub fn resend_after(&self, now: Timestamp) -> Duration {
        if !self.mailed_at.is_within(RESEND_WAIT, now) {
            return Duration::ZERO;
        }
        self.mailed_at.plus(RESEND_WAIT).since(now).min(RESEND_WAIT)
    }

    /// When the record can be removed.
    #[must_use]
    pub fn kept_until(&self) -> Timestamp {
        self.expires_at.plus(self.purpose.kept_after_end())
    }

    /// When link and code expire, as far as it is known now.
    #[must_use]
    pub fn live_until(&self) -> Timestamp {
        match self.generation.queued {
            0 => self.generation.live_until.min(self.expires_at),
            _ => self.expires_at,
        }
    }

    /// Whether it could be redeemed in the account as it is, and no longer in its next epoch.
    #[must_use]
    pub fn is_voided_by(&self, account: &Account) -> bool {
        let is_of = |id: AccountId, epoch: u32| id == account.id && epoch == account.epoch;
        let is_bound = match self.generation.bound_to {
            BoundTo::Account { id, epoch } => is_of(id, epoch),
            BoundTo::NoOne => false,
        };
        let is_asked = self.requester.is_some_and(|requester| is_of(requester.id, requester.epoch));
        self.generation.used.is_none() && (is_bound || is_asked)
    }

    /// The account it is listed under: the one that made it, or the one that the operator made it for.
    #[must_use]
    pub fn asked_for(&self) -> Option<AccountId> {
        match (&self.requester, self.generation.bound_to) {
            (Some(requester), _) => Some(requester.id),
            (None, BoundTo::Account { id, .. }) if self.handed_out => Some(id),
            _ => None,
        }
    }

    /// Whether redeeming creates an account that can have a password.
    #[must_use]
    pub fn makes_account(&self) -> bool {
        self.purpose == Purpose::Register && self.generation.bound_to == BoundTo::NoOne
    }

    /// Logs that a used link or code was used again. The refusal commits nothing, so only this line
    /// distinguishes a second click from a forged link.
    pub fn log_reuse(&self, client: &Client) {
        if let Some(used) = &self.generation.used {
            let request_id = client.request_id.as_str();
            tracing::warn!(event = "authn_token_reuse", account.id = %used.account, client.ip = %client.ip, request.id = request_id);
        }
    }

    /// The mail server has, or may have, an email of generation `number`, so its lifetime begins. Where it
    /// says so only later, it begins again.
    pub fn letter_accepted(&mut self, number: u8, now: Timestamp, lifetime: Duration) {
        if self.generation.number == number {
            self.generation.live_until = self.generation.live_until.max(now.plus(lifetime));
        }
    }

    /// An email of generation `number` waits again, because no mail server got it after all.
    pub fn letter_waits(&mut self, number: u8) {
        if self.generation.number == number {
            self.generation.queued = self.generation.queued.saturating_add(1);
        }
    }

    /// An email of generation `number` no longer waits: a mail server got it, or it will never arrive.
    pub fn letter_left(&mut self, number: u8) {
        if self.generation.number == number {
            self.generation.queued = self.generation.queued.saturating_sub(1);
        }
    }
}
