//! The time limits of sending.

use std::time::Duration;

/// The default is for production; tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// One step of a conversation with the mail server, or of handing an email to a program.
    pub step: Duration,
    /// The answer to the whole email. The mail server may need long to look at it, and it may have accepted
    /// it when we stop waiting, so this is as long as RFC 5321 (4.5.3.2.6) asks for.
    pub answer: Duration,
    /// An attempt that has taken this long since it announced the recipient gives its place to others.
    pub slow: Duration,
    /// How long an unused connection stays open.
    pub idle: Duration,
    /// The pause before the store is tried again after a failure.
    pub store: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            step: Duration::from_secs(30),
            answer: Duration::from_mins(10),
            slow: Duration::from_secs(2),
            idle: Duration::from_mins(1),
            store: Duration::from_secs(1),
        }
    }
}
