//! Sending through a mail server.
//!
//! Not lettre's pool: its time-outs leave a connection out of step behind them, and the next letter
//! gets the answer to the last one. Here a connection that met any fault is gone.

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
pub(super) use self::fault::Fault;
use self::fault::Step;
use self::tls::Tls;
pub(super) use self::wire::plain;
use super::Patience;
use super::message::Mail;
use super::settings::SmtpServer;
use crate::path::Origin;

/// Which mail server, and whose word on its certificate counts.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// The mail server.
    pub server: SmtpServer,
    /// Certificate authorities that are trusted besides the machine's own.
    pub trusted: Vec<CertificateDer<'static>>,
}

/// A mail server and the connections to it that are kept for the next letter.
pub(super) struct Smtp {
    server: SmtpServer,
    tls: Tls,
    hello: ClientId,
    patience: Patience,
    kept: Mutex<Vec<Connection>>,
}

impl Smtp {
    pub(super) fn new(settings: SmtpSettings, public_url: &Origin, patience: Patience) -> Self {
        let SmtpSettings { server, trusted } = settings;
        let tls = Tls::new(trusted);
        Self { server, tls, hello: hello(public_url), patience, kept: Mutex::default() }
    }

    /// Sends one letter: what the mail server said, or what went wrong. Nothing, when `stop` came
    /// before the final dot: then the mail server has not got the letter. Past the dot it may have,
    /// and its answer is waited for.
    pub(super) async fn send(&self, mail: &Mail, stop: &CancellationToken) -> Option<Result<String, Fault>> {
        match timeout(self.patience.whole, self.converse(mail, stop)).await {
            Ok(ending) => ending,
            Err(_) => Some(Err(Fault::slow(Step::Whole, self.patience.whole))),
        }
    }

    async fn converse(&self, mail: &Mail, stop: &CancellationToken) -> Option<Result<String, Fault>> {
        let connection = match stop.run_until_cancelled(self.begin(mail)).await? {
            Ok(connection) => connection,
            Err(fault) => return Some(Err(fault)),
        };
        Some(self.finish(connection, mail).await)
    }

    /// Sends one letter that nobody stops, and takes leave.
    pub(super) async fn send_alone(&self, mail: &Mail) -> Result<String, Fault> {
        let whole = self.patience.whole;
        let sending = async { self.finish(self.begin(mail).await?, mail).await };
        let answer = timeout(whole, sending).await.unwrap_or_else(|_| Err(Fault::slow(Step::Whole, whole)));
        self.disconnect().await;
        answer
    }

    async fn finish(&self, mut connection: Connection, mail: &Mail) -> Result<String, Fault> {
        let answer = connection.finish(mail).await?;
        self.kept().push(connection);
        Ok(answer)
    }

    /// A connection that waits for the letter itself.
    async fn begin(&self, mail: &Mail) -> Result<Connection, Fault> {
        let kept = self.kept().pop();
        if let Some(mut connection) = kept {
            match connection.begin(mail).await {
                Ok(()) => return Ok(connection),
                // Hung up on while it was idle, most likely. Nothing was sent on it yet.
                Err(fault) if fault.lost_the_connection() => {}
                Err(fault) => return Err(fault),
            }
        }
        let mut connection =
            Connection::open(&self.server, &self.tls, &self.hello, self.patience.step).await?;
        connection.begin(mail).await?;
        Ok(connection)
    }

    /// Whether any connection is kept.
    pub(super) fn is_connected(&self) -> bool {
        !self.kept().is_empty()
    }

    /// Takes leave on all kept connections.
    pub(super) async fn disconnect(&self) {
        /// A server that does not answer to a farewell is not waited for.
        const FAREWELL: Duration = Duration::from_secs(1);
        let kept = std::mem::take(&mut *self.kept());
        let farewells = kept.into_iter().map(Connection::quit);
        let _ = timeout(FAREWELL, futures_util::future::join_all(farewells)).await;
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who we say we are: the host people know this server by, never the machine's own name.
fn hello(public_url: &Origin) -> ClientId {
    let host = public_url.host();
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(ip)) => ClientId::Ipv4(ip),
        Ok(IpAddr::V6(ip)) => ClientId::Ipv6(ip),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}
