//! How an attempt to send an email ended.

use std::fmt;
use std::time::Duration;

/// What the mail server or the program replied when it accepted the email, or why it was not sent.
pub(super) type Outcome = Result<String, NotSent>;

/// Why an email was not sent. Displayed as one line for the operator: the step that failed, what was
/// wrong, and the setting to check.
#[derive(Clone, Debug)]
pub(super) struct NotSent {
    /// What that means for the email.
    pub(super) meaning: Meaning,
    step: String,
    reason: String,
    setting: Option<&'static str>,
}

/// What it means for an email that it was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Try it again later.
    Later,
    /// It will never be accepted.
    Never,
    /// Nothing: the mail server cannot be used at all, for any email.
    ServerFailed,
    /// The mail server may have it.
    Unanswered,
}

impl NotSent {
    /// The email is tried again. `step` is a sentence such as "Could not connect to HOST".
    pub(super) fn delayed(step: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self { meaning: Meaning::Later, step: step.into(), reason: plainly(reason), setting: None }
    }

    pub(super) fn meaning(self, meaning: Meaning) -> Self {
        Self { meaning, ..self }
    }

    pub(super) fn check(self, setting: Option<&'static str>) -> Self {
        Self { setting, ..self }
    }

    /// The only part that strangers write.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }

    /// Changes that part.
    pub(super) fn with_reason(self, change: impl FnOnce(&str) -> String) -> Self {
        Self { reason: change(&self.reason), ..self }
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}.", self.step, bounded(&self.reason).trim_end_matches('.'))?;
        self.setting.map_or(Ok(()), |setting| write!(f, " Check {setting}."))
    }
}

/// As much of a mail server's reply as is printed or logged.
pub(super) fn bounded(reply: &str) -> String {
    const MAX_CHARS: usize = 300;
    reply.chars().take(MAX_CHARS).collect()
}

/// The reason if no answer came within this time.
pub(super) fn no_answer_within(limit: Duration) -> String {
    format!("no answer within {} s", limit.as_secs_f32())
}

/// An error as a part of a sentence: without the number that the operating system gives it, and
/// without control characters, which could be escape sequences of a stranger.
pub(super) fn plainly(reason: impl fmt::Display) -> String {
    let reason = reason.to_string();
    let text = match reason.split_once(" (os error ") {
        Some((text, _)) => lower_first(text),
        None => reason,
    };
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
