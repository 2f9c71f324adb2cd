//! What went wrong with a letter, at which step, and what that means for it.

use std::fmt;
use std::time::Duration;

use crate::domain::outbox::Delivery;

/// A step of the conversation with a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mail) enum Step {
    Connect,
    Tls,
    Greeting,
    StartTls,
    SignIn,
    Sender,
    Recipient,
    Data,
    Dot,
    Whole,
}

/// Why a letter was not taken.
#[derive(Clone, Debug)]
pub(in crate::mail) struct Fault {
    step: Step,
    code: Option<u16>,
    reason: String,
}

impl Fault {
    pub(super) fn new(step: Step, reason: impl fmt::Display) -> Self {
        Self { step, code: None, reason: reason.to_string() }
    }

    pub(super) fn slow(step: Step, patience: Duration) -> Self {
        Self::new(step, format_args!("no end after {patience:?}"))
    }

    pub(super) fn answered(step: Step, code: u16, text: impl fmt::Display) -> Self {
        Self { step, code: Some(code), reason: format!("the mail server said {code} {text}") }
    }

    pub(super) fn from_lettre(step: Step, error: &lettre::transport::smtp::Error) -> Self {
        let source = std::error::Error::source(error).map(ToString::to_string);
        match error.status() {
            Some(code) => Self::answered(step, code.into(), source.unwrap_or_default()),
            None => Self::new(step, source.unwrap_or_else(|| error.to_string())),
        }
    }

    /// Whether a kept connection turned out to be dead before it was used.
    pub(super) fn lost_the_connection(&self) -> bool {
        self.step == Step::Sender && matches!(self.code, None | Some(421))
    }

    /// A 5xx on the recipient or the letter is the last word on this letter. Before, it is about us
    /// (our name, our login, our address) and the operator can mend it; all else passes.
    pub(in crate::mail) fn delivery(&self) -> Delivery {
        let is_about_the_letter = matches!(self.step, Step::Recipient | Step::Data | Step::Dot);
        match self.code {
            Some(500..=599) if is_about_the_letter => Delivery::Refused,
            _ => Delivery::Delayed,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = match self.step {
            Step::Connect => "connecting",
            Step::Tls => "the TLS handshake",
            Step::Greeting => "greeting and EHLO",
            Step::StartTls => "STARTTLS",
            Step::SignIn => "AUTH",
            Step::Sender => "MAIL FROM",
            Step::Recipient => "RCPT TO",
            Step::Data => "DATA",
            Step::Dot => "the end of the letter",
            Step::Whole => "the whole conversation",
        };
        write!(f, "at {step}: {}", self.reason)
    }
}
