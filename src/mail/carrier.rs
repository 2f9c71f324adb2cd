//! The way an email leaves: through a mail server or a program.

use tokio_util::sync::CancellationToken;

use super::message::Mail;
use super::outcome::Outcome;
use super::sendmail::Sendmail;
use super::smtp::Smtp;

pub(super) enum Carrier {
    /// A mail server.
    Smtp(Box<Smtp>),
    /// A program on this machine.
    Sendmail(Sendmail),
}

impl Carrier {
    /// Sends one email. Returns nothing if `stop` came before the carrier had all of it.
    pub(super) async fn send(&self, mail: &Mail, stop: &CancellationToken) -> Option<Outcome> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail, stop).await,
            Self::Sendmail(program) => program.send(mail, stop).await,
        }
    }

    /// Sends one email that nothing stops, and disconnects.
    pub(super) async fn send_once(&self, mail: &Mail) -> Outcome {
        let outcome = self.send(mail, &CancellationToken::new()).await;
        self.disconnect().await;
        outcome.expect("a token that is never cancelled stops nothing")
    }

    /// The mail server or program, as the operator knows it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Smtp(smtp) => smtp.name(),
            Self::Sendmail(_) => "sendmail".into(),
        }
    }

    /// Whether a connection is kept for the next email.
    pub(super) fn is_connected(&self) -> bool {
        match self {
            Self::Smtp(smtp) => smtp.is_connected(),
            Self::Sendmail(_) => false,
        }
    }

    /// Closes the connections that are kept.
    pub(super) async fn disconnect(&self) {
        match self {
            Self::Smtp(smtp) => smtp.disconnect().await,
            Self::Sendmail(_) => {}
        }
    }
}
