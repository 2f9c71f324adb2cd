//! One connection to a server.
//!
//! It runs our own loop around the client's `Connection`, because a warning that comes before an answer decides what
//! the answer is worth. The client hands over messages in the order in which the server sent them, and it hands a
//! notice over before it passes on what follows it. The loop counts the notice at once, so the counter has changed
//! by the time the answer after it is complete.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join;
use tokio::task::AbortHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Error, NoTls, Row, Statement};
use tokio_rustls::TlsConnector;

use super::fault::{Fault, at_start};
use super::settings::{Host, PostgresSettings};
use super::stream;

/// What a statement is given.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection. The socket closes when it is dropped, whatever is still unanswered.
pub(super) struct Link {
    client: Client,
    notices: Arc<AtomicU64>,
    driver: AbortHandle,
    /// The server it leads to.
    pub(super) host: Host,
}

impl Link {
    /// Connects and signs in. Nothing is proved yet.
    pub(super) async fn open(
        host: &Host,
        settings: &PostgresSettings,
        tls: Option<&TlsConnector>,
    ) -> Result<Self, Fault> {
        let opening = async {
            let stream = stream::connect(host, tls).await?;
            let mut config = Config::new();
            config.user(&settings.user).dbname(&settings.database).application_name("gatepost");
            if let Some(password) = &settings.password {
                config.password(password.as_bytes());
            }
            config.connect_raw(stream, NoTls).await.map_err(|error| at_start(host, &error))
        };
        let silent = |_| Fault::Unreachable(format!("{host} did not answer within {:?}", settings.timeout));
        let (client, mut connection) =
            tokio::time::timeout(settings.timeout, opening).await.map_err(silent)??;
        let notices = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&notices);
        let driver = tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notice(notice) = message {
                    counter.fetch_add(1, Ordering::SeqCst);
                    tracing::warn!(
                        code = notice.code().code(),
                        message = notice.message(),
                        "the database warns"
                    );
                }
            }
        });
        let link = Self { client, notices, driver: driver.abort_handle(), host: host.clone() };
        // First of all: from now on, only what belongs to the server itself is found. A function that someone planted in
        // a path that was set for the role would otherwise answer our questions.
        link.within(settings.timeout, link.run("SET search_path = pg_catalog, pg_temp")).await?;
        Ok(link)
    }

    /// How many notices have come so far. Only warnings do, once the connection is proved.
    pub(super) fn notices(&self) -> u64 {
        self.notices.load(Ordering::SeqCst)
    }

    /// Whether the connection has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.client.is_closed()
    }

    pub(super) async fn prepare(&self, statement: &str) -> Result<Statement, Error> {
        self.client.prepare(statement).await
    }

    /// The rows of a statement, once the server is ready for the next one: a commit happens after its row was sent,
    /// and can still fail.
    pub(super) async fn rows(&self, statement: &Statement, values: Values<'_>) -> Result<Vec<Row>, Error> {
        self.client.query(statement, values).await
    }

    /// The only row of a statement without a plan of its own.
    pub(super) async fn row(&self, statement: &str, values: Values<'_>) -> Result<Row, Error> {
        self.client.query_one(statement, values).await
    }

    /// The rows of a statement without a plan of its own.
    pub(super) async fn list(&self, statement: &str, values: Values<'_>) -> Result<Vec<Row>, Error> {
        self.client.query(statement, values).await
    }

    /// Several statements as one transaction, or as the transactions they begin themselves.
    pub(super) async fn run(&self, statements: &str) -> Result<(), Error> {
        self.client.batch_execute(statements).await
    }

    /// Two statements in one go, each a transaction of its own: the second begins when the first is over, committed
    /// or rolled back. `join` sends them in this order before it waits for either.
    pub(super) async fn both(
        &self,
        first: (&Statement, Values<'_>),
        second: &Statement,
    ) -> (Result<Vec<Row>, Error>, Result<Vec<Row>, Error>) {
        join(self.rows(first.0, first.1), self.rows(second, &[])).await
    }

    /// Runs a step of setting up, which must not take longer than an act may.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        step: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Fault> {
        match tokio::time::timeout(limit, step).await {
            Ok(done) => done.map_err(|error| at_start(&self.host, &error)),
            Err(_) => Err(Fault::Unreachable(format!("{} did not answer within {limit:?}", self.host))),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({})", self.host)
    }
}
