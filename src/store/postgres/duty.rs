//! What a connection is for, and the statements that this takes, prepared.

use tokio_postgres::{Error, Statement};

use super::link::Link;
use super::settings::Schema;

/// What a connection is for.
pub(super) trait Duty: Sized {
    /// Whether the server may end a statement that takes too long. A commit is never cancelled: cancelling its wait for
    /// a standby would make it visible before a standby has it.
    const HAS_STATEMENT_TIMEOUT: bool;

    fn prepare(link: &Link, schema: &Schema) -> impl Future<Output = Result<Self, Error>> + Send;
}

/// Setting up; nothing is prepared.
#[derive(Debug)]
pub(super) struct Setup;

impl Duty for Setup {
    const HAS_STATEMENT_TIMEOUT: bool = false;

    async fn prepare(_: &Link, _: &Schema) -> Result<Self, Error> {
        Ok(Self)
    }
}

/// Reads, several at once.
#[derive(Debug)]
pub(super) struct Reads {
    pub(super) get: Statement,
    pub(super) scan: Statement,
}

impl Duty for Reads {
    const HAS_STATEMENT_TIMEOUT: bool = true;

    async fn prepare(link: &Link, schema: &Schema) -> Result<Self, Error> {
        let kv = format!("{}.kv", schema.quoted());
        // Each is one statement, so what it returns is of one moment.
        let get = link.prepare(&format!("SELECT k, ver, v FROM {kv} WHERE k = ANY($1)")).await?;
        let scan = format!("SELECT k, ver, v FROM {kv} WHERE k >= $1 AND k < $2 ORDER BY k LIMIT $3");
        Ok(Self { get, scan: link.prepare(&scan).await? })
    }
}

/// Commits, one at a time.
#[derive(Debug)]
pub(super) struct Commits {
    pub(super) commit: Statement,
    pub(super) settle: Statement,
    pub(super) sweep: Statement,
    /// Follows each of them in the same go.
    pub(super) look: Statement,
}

impl Duty for Commits {
    const HAS_STATEMENT_TIMEOUT: bool = false;

    async fn prepare(link: &Link, schema: &Schema) -> Result<Self, Error> {
        let schema = schema.quoted();
        let commit = format!("SELECT {schema}.commit_change($1, $2, $3, $4, $5, $6, $7)");
        let settle = format!("SELECT {schema}.settle($1, $2)");
        let sweep = format!(
            "WITH gone AS (DELETE FROM {schema}.receipt WHERE id IN (SELECT id FROM {schema}.receipt
             WHERE id < $1 ORDER BY id LIMIT {SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED) RETURNING 1)
             SELECT count(*) FROM gone"
        );
        Ok(Self {
            commit: link.prepare(&commit).await?,
            settle: link.prepare(&settle).await?,
            sweep: link.prepare(&sweep).await?,
            look: link.prepare(LOOK).await?,
        })
    }
}

/// The most receipts that one statement removes.
pub(super) const SWEPT_AT_ONCE: i64 = 10_000;

/// Whether the standbys are still named, whether this is still the proved connection, and whether the configuration
/// was read again since: it may have named no standby for a moment.
const LOOK: &str =
    "SELECT current_setting('synchronous_standby_names'), current_setting('gatepost.proof', true),
    (extract(epoch FROM pg_conf_load_time()) * 1000000)::bigint";
