//! What went wrong in a conversation with the mail server, at which step, and what that means for
//! the email.

use std::fmt;
use std::time::Duration;

use crate::domain::outbox::Delivery;
use crate::mail::outcome::{NotSent, no_answer_within};

/// A step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    Tls,
    Greeting,
    Login,
    Sender,
    Recipient,
    Message,
    Whole,
}

/// The conversation ended before the email was accepted.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    step: Step,
    code: Option<u16>,
    reason: String,
}

impl Fault {
    pub(super) fn new(step: Step, reason: impl fmt::Display) -> Self {
        Self { step, code: None, reason: reason.to_string() }
    }

    pub(super) fn slow(step: Step, limit: Duration) -> Self {
        Self::new(step, no_answer_within(limit))
    }

    pub(super) fn replied(step: Step, code: u16, text: impl fmt::Display) -> Self {
        Self { step, code: Some(code), reason: format!("{code} {text}") }
    }

    pub(super) fn from_lettre(step: Step, error: &lettre::transport::smtp::Error) -> Self {
        let source = std::error::Error::source(error).map(ToString::to_string);
        match error.status() {
            Some(code) => Self::replied(step, code.into(), source.unwrap_or_default()),
            None if error.is_response() => Self::new(step, no_reply(&source.unwrap_or_default())),
            None => Self::new(step, source.unwrap_or_else(|| error.to_string())),
        }
    }

    /// Whether a kept connection turned out to be dead before it was used.
    pub(super) fn lost_the_connection(&self) -> bool {
        self.step == Step::Sender && matches!(self.code, None | Some(421))
    }

    /// The fault as the operator reads it. `server` is its host and port, `from` the sender's address.
    pub(super) fn report(self, server: &str, from: &str) -> NotSent {
        let (step, setting) = match self.step {
            Step::Connect => (format!("Could not connect to {server}"), Some("mail.smtp_url")),
            Step::Tls => (format!("Could not start TLS with {server}"), Some("mail.smtp_url")),
            Step::Greeting => (format!("{server} did not accept the greeting"), Some("mail.smtp_url")),
            Step::Login => (
                format!("{server} did not accept the login"),
                Some("mail.smtp_user and mail.smtp_password, or the login in mail.smtp_url"),
            ),
            Step::Sender => (
                format!("{server} did not accept the sender {from}"),
                self.code.is_some().then_some("mail.from"),
            ),
            Step::Recipient => (format!("{server} did not accept the recipient"), None),
            Step::Message => (format!("{server} did not accept the message"), None),
            Step::Whole => (format!("The conversation with {server} took too long"), None),
        };
        NotSent::delayed(step, &self.reason).with_delivery(self.delivery()).check(setting)
    }

    /// A 5xx reply to the recipient or the message is final for this email. An earlier one is about
    /// us (our name, our login, our address), and the operator can fix it. Everything else passes.
    fn delivery(&self) -> Delivery {
        let is_about_the_email = matches!(self.step, Step::Recipient | Step::Message);
        match self.code {
            Some(500..=599) if is_about_the_email => Delivery::Refused,
            _ => Delivery::Delayed,
        }
    }
}

/// Why lettre could not read a reply. It says so only in words, and its own are for programmers.
fn no_reply(reason: &str) -> &'static str {
    match reason {
        "incomplete response" => "the server closed the connection",
        reason if reason.starts_with("SMTP response") => "its reply is too long",
        _ => "its reply is not one of a mail server",
    }
}
