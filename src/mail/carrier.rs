//! The way an email leaves: through a mail server or a program.

use super::message::Mail;
use super::outcome::{NotSent, Outcome};
use super::sendmail::{Running, Sendmail};
use super::smtp::{Conversation, Smtp};

pub(super) enum Carrier {
    /// A mail server.
    Smtp(Box<Smtp>),
    /// A program on this machine.
    Sendmail(Sendmail),
}

/// An attempt to send one email. Dropping it before `finish` means that the email was not sent.
pub(super) enum Attempt<'a> {
    Smtp(Conversation<'a>),
    Sendmail(Running),
}

impl Carrier {
    /// Begins to send an email: everything that does not depend on its recipient.
    pub(super) async fn open(&self, mail: &Mail) -> Result<Attempt<'_>, NotSent> {
        Ok(match self {
            Self::Smtp(smtp) => Attempt::Smtp(smtp.open(mail).await?),
            Self::Sendmail(program) => Attempt::Sendmail(program.start(mail)?),
        })
    }

    /// Whether an attempt that could be opened shows that the mail server can be used. A program shows it
    /// only when it ends.
    pub(super) fn shows_when_opened(&self) -> bool {
        matches!(self, Self::Smtp(_))
    }

    /// Sends one email that nothing stops, and disconnects. `late` is when to stop waiting for the answer to
    /// the whole email.
    pub(super) async fn send_once(&self, mail: &Mail, late: impl Future<Output = ()>) -> Outcome {
        let outcome = async {
            let mut attempt = self.open(mail).await?;
            attempt.announce(mail).await?;
            attempt.prepare(mail).await?;
            attempt.finish(mail, late).await
        };
        let outcome = outcome.await;
        self.disconnect().await;
        outcome
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

impl Attempt<'_> {
    /// Everything that may fail because of the recipient before the carrier has the email.
    pub(super) async fn announce(&mut self, mail: &Mail) -> Result<(), NotSent> {
        match self {
            Self::Smtp(conversation) => conversation.announce(mail).await,
            Self::Sendmail(running) => running.read(mail).await,
        }
    }

    /// What is left until the last bytes of the email can be sent. The carrier does not have it yet.
    pub(super) async fn prepare(&mut self, mail: &Mail) -> Result<(), NotSent> {
        match self {
            Self::Smtp(conversation) => conversation.prepare(mail).await,
            Self::Sendmail(_) => Ok(()),
        }
    }

    /// Hands the email over and waits for the answer until it is `late`. From the beginning on, the carrier
    /// may have the email.
    pub(super) async fn finish(self, mail: &Mail, late: impl Future<Output = ()>) -> Outcome {
        match self {
            Self::Smtp(conversation) => conversation.finish(mail, late).await,
            Self::Sendmail(running) => running.end(late).await,
        }
    }
}
