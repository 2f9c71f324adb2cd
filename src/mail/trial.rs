//! One email, sent at once: does mail work, and if not, at which step does it fail?

use tokio::sync::mpsc::UnboundedReceiver;

use super::carrier::Carrier;
use super::message::{Heading, compose};
use super::outcome::bounded;
use super::smtp::{Journal, TrialStep};
use super::{MailRoom, Transport};
use crate::domain::ports::World;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::LetterId;

/// Why the test email was not sent, in one line for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// Emails are only shown.
    #[error("mail.transport is \"mailbox\": messages are shown on /mailbox and not sent")]
    Mailbox,
    /// The mail server or the program did not accept it.
    #[error("{0}")]
    NotSent(String),
}

impl MailRoom {
    /// The same, but every step of its conversations arrives at the receiver. A program has none.
    #[must_use]
    pub fn with_steps(mut self) -> (Self, UnboundedReceiver<TrialStep>) {
        let (journal, steps) = Journal::new();
        if let Transport::Carrier(Carrier::Smtp(smtp)) = &mut self.transport {
            smtp.note_in(journal);
        }
        (self, steps)
    }

    /// Sends a test email to `to`. It is not queued and not tried again. Returns the reply of the
    /// mail server.
    ///
    /// # Errors
    /// Names the step that failed, what was wrong, and the setting to check.
    pub async fn send_trial(&self, to: &EmailAddress, world: &World) -> Result<String, TrialError> {
        let Transport::Carrier(carrier) = &self.transport else { return Err(TrialError::Mailbox) };
        let heading = Heading { id: LetterId(world.random()), from: &self.from, to, sent_at: world.now() };
        let mail = compose(&heading, &self.product.load().trial())
            .map_err(|error| TrialError::NotSent(error.to_string()))?;
        let outcome = carrier.send_once(&mail, world.clock.sleep(self.timeouts.answer)).await;
        outcome.map(|reply| bounded(&reply)).map_err(|why| TrialError::NotSent(why.to_string()))
    }
}
