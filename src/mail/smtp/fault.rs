//! What went wrong in a conversation with the mail server, at which step, and what that means for
//! the email.

use std::fmt;
use std::time::Duration;

use crate::mail::outcome::{Meaning, NotSent, no_answer_within};

/// A step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    /// Reading the certificate authorities of this machine.
    Authorities,
    Tls,
    Greeting,
    Login,
    Sender,
    Recipient,
    Message,
    /// The reply to the final dot.
    Answer,
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

    /// Adds what could help, if the server did not even reply.
    pub(super) fn unless_replied(self, help: &str) -> Self {
        if self.code.is_some() {
            return self;
        }
        Self { reason: format!("{}; {help}", self.reason), ..self }
    }

    /// Whether a kept connection turned out to be dead before it was used.
    pub(super) fn lost_the_connection(&self) -> bool {
        self.step == Step::Sender && matches!(self.code, None | Some(421))
    }

    /// The fault as the operator reads it. `server` is its host and port, `from` the sender's address.
    pub(super) fn report(self, server: &str, from: &str) -> NotSent {
        let (step, setting) = match self.step {
            Step::Connect => (format!("Could not connect to {server}"), Some("mail.smtp_url")),
            Step::Authorities => (format!("Could not check the certificate of {server}"), None),
            Step::Tls => (format!("Could not start TLS with {server}"), Some("mail.smtp_url")),
            Step::Greeting if self.code.is_none() => {
                (format!("{server} did not greet like a mail server"), Some("mail.smtp_url"))
            }
            Step::Greeting => (
                format!("{server} did not accept the greeting"),
                Some("mail.smtp_url, and public_url: Gatepost greets with its host, if that has a dot"),
            ),
            Step::Login => (
                format!("{server} did not accept the login"),
                Some("mail.smtp_user and mail.smtp_password, or the login in mail.smtp_url"),
            ),
            Step::Sender => (
                format!("{server} did not accept the sender {from}"),
                self.code.is_some().then_some("mail.from"),
            ),
            Step::Recipient => (format!("{server} did not accept the recipient"), None),
            Step::Message | Step::Answer => (format!("{server} did not accept the message"), None),
        };
        NotSent::delayed(step, &self.reason).meaning(self.meaning()).check(setting)
    }

    /// What the fault means for the email.
    ///
    /// Before the recipient, it is about us (our name, our login, our sender) or the server, and would be the
    /// same for every email. After the final dot, a server that does not reply may have the email. In between,
    /// and in a reply to the dot, a 5xx is final, unless it is about us after all. Everything else passes.
    fn meaning(&self) -> Meaning {
        match (self.step, self.code) {
            (
                Step::Connect | Step::Authorities | Step::Tls | Step::Greeting | Step::Login | Step::Sender,
                _,
            ) => Meaning::ServerFailed,
            (Step::Answer, None) => Meaning::Unanswered,
            (_, Some(code @ 500..=599)) if !is_about_us(code, &self.reason) => Meaning::Never,
            _ => Meaning::Later,
        }
    }
}

/// Whether a refusal is about the sender, the policy of the server or how much we send, and so not about this
/// recipient and this email. The operator can change that, or it passes.
fn is_about_us(code: u16, reply: &str) -> bool {
    match enhanced_code(reply) {
        // 1.7, 1.8: the sender's address. 2.252: may not send as this sender. 7.x: policy and login. The
        // others: too much mail.
        Some(about) => matches!(about, (7, _) | (1, 7 | 8 | 90) | (2, 121 | 122 | 252) | (4, 5)),
        // Without one: the server wants a login or TLS first.
        None => matches!(code, 530 | 534 | 535 | 538),
    }
}

/// Subject and detail of the first enhanced status code (RFC 3463), such as 7 and 1 of `5.7.1`. Servers write
/// it at the beginning of any line, some with a `#` or in brackets.
fn enhanced_code(reply: &str) -> Option<(u16, u16)> {
    reply.split_whitespace().find_map(|word| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
        let mut parts = word.split('.').map(|part| part.parse::<u16>().ok().filter(|_| part.len() <= 3));
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(4 | 5)), Some(Some(subject)), Some(Some(detail)), None) => Some((subject, detail)),
            _ => None,
        }
    })
}

/// Why lettre could not read a reply. It says so only in words, and its own are for programmers.
fn no_reply(reason: &str) -> &'static str {
    match reason {
        "incomplete response" => "the server closed the connection",
        reason if reason.starts_with("SMTP response") => "its reply is too long",
        _ => "its reply is not one of a mail server",
    }
}
