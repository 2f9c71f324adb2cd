//! Sending through a mail server.
//!
//! Lettre's pool is not used: after a timeout it keeps the connection, which is out of step then, and
//! the next email gets the reply to the last one. Here a connection is dropped after any fault.
//!
//! - `connect`: every address of the mail server
//! - `connection`: the conversation, step by step
//! - `starttls`, `tls`: encrypting it
//! - `wire`: makes every reply bounded and printable
//! - `journal`: what is said, for the operator who tests it
//! - `fault`: what went wrong at which step

mod connect;
mod connection;
mod fault;
mod journal;
mod starttls;
mod tls;
mod wire;

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::CertificateDer;

use self::connection::{Connection, own_name};
use self::fault::{Fault, Step};
pub use self::journal::TrialStep;
pub(super) use self::journal::{Journal, plain};
use self::tls::Tls;
pub use self::tls::certificate_authorities;
use super::message::Mail;
use super::outcome::{NotSent, Outcome};
use super::settings::SmtpServer;
use super::timeouts::Timeouts;
use crate::path::Origin;

/// A mail server, and the authorities that may sign its certificate.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// The mail server.
    pub server: SmtpServer,
    /// Certificate authorities that are trusted in addition to those of the machine.
    pub trusted: Vec<CertificateDer<'static>>,
}

/// A mail server and the connections that are kept for the next email.
pub(super) struct Smtp {
    server: SmtpServer,
    tls: Tls,
    /// The host of `public_url`.
    name: String,
    timeouts: Timeouts,
    kept: Mutex<Vec<Connection>>,
    journal: Journal,
}

impl Smtp {
    pub(super) fn new(settings: SmtpSettings, public_url: &Origin, timeouts: Timeouts) -> Self {
        let SmtpSettings { server, trusted } = settings;
        let tls = Tls::new(trusted);
        let (name, kept) = (public_url.host().to_owned(), Mutex::default());
        Self { server, tls, name, timeouts, kept, journal: Journal::default() }
    }

    /// From now on takes down what is said.
    pub(super) fn note_in(&mut self, journal: Journal) {
        self.journal = journal;
    }

    /// Host and port of the mail server.
    pub(super) fn name(&self) -> String {
        self.server.authority()
    }

    /// Begins to send one email: opens a connection, or takes a kept one, and announces the sender.
    pub(super) async fn open(&self, mail: &Mail) -> Result<Conversation<'_>, NotSent> {
        let connection = self.begin(mail).await.map_err(|fault| self.report(fault, mail))?;
        Ok(Conversation { smtp: self, connection })
    }

    async fn begin(&self, mail: &Mail) -> Result<Connection, Fault> {
        let kept = self.kept().pop();
        if let Some(mut connection) = kept {
            match connection.begin(mail).await {
                Ok(()) => return Ok(connection),
                // Most likely the server closed it while it was idle. Nothing was sent on it yet.
                Err(fault) if fault.lost_the_connection() => {}
                Err(fault) => return Err(fault),
            }
        }
        let open = Connection::open(&self.server, &self.tls, &self.name, self.timeouts, &self.journal);
        // Lettre panics on some greetings. That is the server's fault and not the email's.
        let opened = AssertUnwindSafe(open).catch_unwind().await;
        let mut connection = opened
            .unwrap_or_else(|_| Err(Fault::new(Step::Greeting, "its reply is not one of a mail server")))?;
        connection.begin(mail).await?;
        Ok(connection)
    }

    fn report(&self, fault: Fault, mail: &Mail) -> NotSent {
        let from = mail.envelope.from().map(ToString::to_string).unwrap_or_default();
        fault.report(&self.name(), &from)
    }

    /// Whether any connection is kept.
    pub(super) fn is_connected(&self) -> bool {
        !self.kept().is_empty()
    }

    /// Closes all kept connections.
    pub(super) async fn disconnect(&self) {
        /// A server that does not reply to QUIT must not delay the shutdown.
        const LIMIT: Duration = Duration::from_secs(1);
        let kept = std::mem::take(&mut *self.kept());
        let quits = kept.into_iter().map(Connection::quit);
        let _ = timeout(LIMIT, futures_util::future::join_all(quits)).await;
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What mail servers are greeted with, for the operator.
#[must_use]
pub fn greeting(public_url: &Origin) -> String {
    let host = public_url.host();
    own_name(host).map_or_else(
        || format!("the address of this machine, because {host} has no dot"),
        |name| name.to_string(),
    )
}

/// An attempt to send one email over one connection. Dropping it closes the connection.
pub(super) struct Conversation<'a> {
    smtp: &'a Smtp,
    connection: Connection,
}

impl Conversation<'_> {
    /// Announces the recipient.
    pub(super) async fn announce(&mut self, mail: &Mail) -> Result<(), NotSent> {
        self.connection.announce(mail).await.map_err(|fault| self.smtp.report(fault, mail))
    }

    /// Announces the message. The mail server waits for it then.
    pub(super) async fn prepare(&mut self, mail: &Mail) -> Result<(), NotSent> {
        self.connection.prepare().await.map_err(|fault| self.smtp.report(fault, mail))
    }

    /// Sends the message and waits for the reply to its final dot, until it is `late`. Until the reply has
    /// come, the mail server may have the email or not.
    pub(super) async fn finish(mut self, mail: &Mail, late: impl Future<Output = ()>) -> Outcome {
        let reply =
            self.connection.finish(mail, late).await.map_err(|fault| self.smtp.report(fault, mail))?;
        self.smtp.kept().push(self.connection);
        Ok(reply)
    }
}
