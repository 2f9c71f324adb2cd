//! The time limits of sending.

use std::time::Duration;

/// The default is for production; tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// One step of a conversation with the mail server.
    pub step: Duration,
    /// The whole conversation about one email, or the program that takes it.
    pub whole: Duration,
    /// How long an unused connection stays open.
    pub idle: Duration,
    /// The pause before the store is tried again after a failure.
    pub store: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            step: Duration::from_secs(30),
            whole: Duration::from_mins(2),
            idle: Duration::from_mins(1),
            store: Duration::from_secs(1),
        }
    }
}
