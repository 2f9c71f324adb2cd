//! Who takes letters out of the house.

use tokio_util::sync::CancellationToken;

use super::message::Mail;
use super::sendmail::Sendmail;
use super::smtp::{Fault, Smtp};
use crate::domain::outbox::Delivery;

/// Whom letters are given to.
pub(super) enum Carrier {
    /// A mail server.
    Smtp(Box<Smtp>),
    /// A program on this machine.
    Sendmail(Sendmail),
}

/// What became of a letter, and what the carrier said.
pub(super) type Outcome = (Delivery, String);

impl Carrier {
    /// Sends one letter. Nothing, when `stop` came before the carrier had all of it.
    pub(super) async fn send(&self, mail: &Mail, stop: &CancellationToken) -> Option<Outcome> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail, stop).await.map(outcome),
            Self::Sendmail(program) => program.send(mail, stop).await,
        }
    }

    /// Sends one letter that nobody stops, and takes leave.
    pub(super) async fn send_alone(&self, mail: &Mail) -> Outcome {
        match self {
            Self::Smtp(smtp) => outcome(smtp.send_alone(mail).await),
            Self::Sendmail(program) => {
                program.send(mail, &CancellationToken::new()).await.expect("nobody stops it")
            }
        }
    }

    /// Whether anything is kept for the next letter.
    pub(super) fn is_connected(&self) -> bool {
        match self {
            Self::Smtp(smtp) => smtp.is_connected(),
            Self::Sendmail(_) => false,
        }
    }

    /// Takes leave.
    pub(super) async fn disconnect(&self) {
        match self {
            Self::Smtp(smtp) => smtp.disconnect().await,
            Self::Sendmail(_) => {}
        }
    }
}

fn outcome(answer: Result<String, Fault>) -> Outcome {
    match answer {
        Ok(answer) => (Delivery::Taken, answer),
        Err(fault) => (fault.delivery(), fault.to_string()),
    }
}
