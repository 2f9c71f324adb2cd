//! One letter, sent right now: does mail work, and if not, at which step?

use super::message::{Heading, compose};
use super::{MailRoom, Transport};
use crate::domain::outbox::Delivery;
use crate::domain::ports::World;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::LetterId;

/// Why the letter was not taken, in one line for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// Letters are only shown.
    #[error("the transport is \"mailbox\": letters are shown on the mailbox page, and none is sent")]
    Mailbox,
    /// Whoever should have taken it did not.
    #[error("{0}")]
    NotTaken(String),
}

impl MailRoom {
    /// Sends a test letter to `to`, past the outbox and without a second try. What whoever took
    /// it answered.
    ///
    /// # Errors
    /// Names the step that failed and what was said there.
    pub async fn send_trial(&self, to: &EmailAddress, world: &World) -> Result<String, TrialError> {
        let Transport::Carrier(carrier) = &self.transport else { return Err(TrialError::Mailbox) };
        let heading = Heading { id: LetterId(world.random()), from: &self.from, to, queued_at: world.now() };
        let mail = compose(&heading, &self.house.trial())
            .map_err(|error| TrialError::NotTaken(error.to_string()))?;
        match carrier.send_alone(&mail).await {
            (Delivery::Taken, answer) => Ok(answer),
            (_, answer) => Err(TrialError::NotTaken(answer)),
        }
    }
}
