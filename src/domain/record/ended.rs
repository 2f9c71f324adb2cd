//! Emails that have ended: kept for a week, so that the operator can see what became of each.

use std::time::Duration;

use crate::domain::record::address::EmailAddress;
use crate::domain::record::answer::Answer;
use crate::domain::record::event::EventName;
use crate::domain::record::ids::AccountId;
use crate::domain::record::letter::{Letter, Queue};
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
    /// An administrator did not want it to be sent.
    Stopped,
}

/// What has become of an email, in the words of the administrators' lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailState {
    /// It is queued, or being sent.
    Waiting,
    /// The mail server accepted it, or counts as having done so.
    Sent,
    /// It could not be delivered.
    Failed,
    /// It was not sent, because it was over or not wanted.
    Dropped,
}

impl EmailState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Failed, Self::Dropped];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

impl End {
    /// The state of an email that has ended so.
    #[must_use]
    pub fn state(self) -> EmailState {
        match self {
            Self::Sent => EmailState::Sent,
            Self::Refused | Self::GivenUp => EmailState::Failed,
            Self::Void | Self::Dropped | Self::Stopped => EmailState::Dropped,
        }
    }

    /// What an email with this end is listed under besides all others, if it is: those that were not sent are few,
    /// and looked for among many that were.
    #[must_use]
    pub(in crate::domain) fn listed_as(self) -> Option<EmailState> {
        Some(self.state()).filter(|state| *state != EmailState::Sent)
    }

    /// The event that tells of it.
    #[must_use]
    pub fn event(self) -> EventName {
        match self {
            Self::Sent => EventName::MailSent,
            Self::Refused | Self::GivenUp => EventName::MailFailed,
            Self::Void | Self::Dropped | Self::Stopped => EventName::MailDropped,
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
    /// It is queued, and was never delayed: it is due since then.
    Waiting,
    /// It has ended.
    Ended {
        /// When.
        at: Timestamp,
        /// How.
        end: End,
    },
    /// It is queued again. While a run is sending it, this is where it waited.
    Delayed {
        /// The queue.
        queue: Queue,
        /// When it is due.
        due: Timestamp,
    },
}

impl MailState {
    /// The state that it is listed under.
    #[must_use]
    pub fn state(self) -> EmailState {
        match self {
            Self::Waiting | Self::Delayed { .. } => EmailState::Waiting,
            Self::Ended { end, .. } => end.state(),
        }
    }
}

/// Where to look for an email of which only the id is known: with both, its state is found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MailPlace {
    /// The recipient.
    pub to: EmailAddress,
    /// When it was queued.
    pub queued_at: Timestamp,
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
