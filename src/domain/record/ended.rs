//! Emails that have ended: kept for a week, so that the operator can see what became of each.

use std::time::Duration;

use crate::domain::record::address::EmailAddress;
use crate::domain::record::answer::Answer;
use crate::domain::record::event::EventName;
use crate::domain::record::ids::AccountId;
use crate::domain::record::letter::Letter;
use crate::domain::record::time::Timestamp;

/// How long an email is kept after its end.
pub const ENDED_KEPT: Duration = Duration::from_hours(7 * 24);

/// How an email ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum End {
    /// The mail server accepted it, or has had all of it so often that it counts as sent.
    Sent,
    /// The mail server rejected it.
    Refused,
    /// It was tried until its time was over.
    GivenUp,
    /// What it was about was over before it was sent.
    Void,
    /// It was waiting in a store that was restored, so it was sent since, or is no longer true.
    Dropped,
}

impl End {
    /// The event that tells of it.
    #[must_use]
    pub fn event(self) -> EventName {
        match self {
            Self::Sent => EventName::MailSent,
            Self::Refused | Self::GivenUp => EventName::MailFailed,
            Self::Void | Self::Dropped => EventName::MailDropped,
        }
    }
}

/// An email that has ended: as data, without its text and its secrets.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EndedLetter {
    /// The email as it was queued last.
    pub letter: Letter,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How.
    pub end: End,
    /// What the mail server said last. For an email that was sent, this is often the name it has in the log of the
    /// mail server.
    pub answer: Option<Answer>,
}

/// What has become of an email to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum MailState {
    /// It is queued.
    Waiting,
    /// It has ended.
    Ended {
        /// When.
        at: Timestamp,
        /// How.
        end: End,
    },
}

/// A deleted account with records left to remove.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DeletedAccount {
    /// The account.
    pub account: AccountId,
    /// The addresses that were its own, reserved for it, or about to be its own. What is kept about emails to them
    /// is removed too.
    pub addresses: Vec<EmailAddress>,
}
