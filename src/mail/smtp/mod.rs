//! Sending through a mail server.
//!
//! Lettre's pool is not used: after a timeout it keeps the connection, which is out of step then, and
//! the next email gets the reply to the last one. Here a connection is dropped after any fault.
//!
//! - `connection`: the conversation, step by step
//! - `starttls`, `tls`: encrypting it
//! - `wire`: makes every reply bounded and printable
//! - `fault`: what went wrong at which step

mod connection;
mod fault;
mod starttls;
mod tls;
mod wire;

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_util::sync::CancellationToken;

use self::connection::Connection;
use self::fault::{Fault, Step};
use self::tls::Tls;
pub(super) use self::wire::plain;
use super::message::Mail;
use super::outcome::Outcome;
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
    hello: ClientId,
    timeouts: Timeouts,
    kept: Mutex<Vec<Connection>>,
}

impl Smtp {
    pub(super) fn new(settings: SmtpSettings, public_url: &Origin, timeouts: Timeouts) -> Self {
        let SmtpSettings { server, trusted } = settings;
        let tls = Tls::new(trusted);
        Self { server, tls, hello: hello(public_url), timeouts, kept: Mutex::default() }
    }

    /// Host and port of the mail server.
    pub(super) fn name(&self) -> String {
        self.server.authority()
    }

    /// Sends one email. Returns nothing if `stop` came before the final dot: then the mail server does
    /// not have it. After the dot it may have it, so its reply is waited for.
    pub(super) async fn send(&self, mail: &Mail, stop: &CancellationToken) -> Option<Outcome> {
        let limit = self.timeouts.whole;
        let conversation = timeout(limit, self.converse(mail, stop)).await;
        let reply = conversation.unwrap_or_else(|_| Some(Err(Fault::slow(Step::Whole, limit))))?;
        let from = || mail.envelope.from().map(ToString::to_string).unwrap_or_default();
        Some(reply.map_err(|fault| fault.report(&self.name(), &from())))
    }

    async fn converse(&self, mail: &Mail, stop: &CancellationToken) -> Option<Result<String, Fault>> {
        let connection = match stop.run_until_cancelled(self.begin(mail)).await? {
            Ok(connection) => connection,
            Err(fault) => return Some(Err(fault)),
        };
        Some(self.finish(connection, mail).await)
    }

    async fn finish(&self, mut connection: Connection, mail: &Mail) -> Result<String, Fault> {
        let reply = connection.finish(mail).await?;
        self.kept().push(connection);
        Ok(reply)
    }

    /// Opens a connection, or takes a kept one, up to where the mail server waits for the message.
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
        let mut connection =
            Connection::open(&self.server, &self.tls, &self.hello, self.timeouts.step).await?;
        connection.begin(mail).await?;
        Ok(connection)
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

/// The name we greet with: the host of `public_url`, never the machine's own name.
fn hello(public_url: &Origin) -> ClientId {
    let host = public_url.host();
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(ip)) => ClientId::Ipv4(ip),
        Ok(IpAddr::V6(ip)) => ClientId::Ipv6(ip),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}
