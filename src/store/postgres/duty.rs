//! What a connection is for, and the statements that this takes, prepared.

use tokio_postgres::{Error, Statement};

use super::gathering::Gathering;
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
    pub(super) gathering: Gathering,
}

impl Duty for Reads {
    const HAS_STATEMENT_TIMEOUT: bool = true;

    async fn prepare(link: &Link, schema: &Schema) -> Result<Self, Error> {
        let kv = format!("{}.kv", schema.quoted());
        // Each is one statement, so what it returns is of one moment.
        let get = link.prepare(&format!("SELECT k, ver, v FROM {kv} WHERE k = ANY($1)")).await?;
        let scan = format!("SELECT k, ver, v FROM {kv} WHERE k >= $1 AND k < $2 ORDER BY k LIMIT $3");
        Ok(Self { get, scan: link.prepare(&scan).await?, gathering: Gathering::default() })
    }
}

/// Commits, one at a time.
#[derive(Debug)]
pub(super) struct Commits {
    pub(super) commit: Statement,
    pub(super) settle: Statement,
    pub(super) sweep: Statement,
    pub(super) fill: Statement,
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
            fill: link.prepare(&FILL.replace("KV", &format!("{schema}.kv"))).await?,
            look: link.prepare(LOOK).await?,
        })
    }
}

/// Makes a range of an arriving store what it has to be, after `$1` up to `$2`: exactly the keys `$3` with the values `$4`.
/// Doing it twice changes nothing. It does nothing once the state `$6` of the store has another version than `$7`, and then
/// returns 0: a message that comes late must not undo what was done since.
const FILL: &str = "WITH held AS (SELECT FROM KV WHERE k = $6 AND ver = $7 FOR KEY SHARE),
    gone AS (DELETE FROM KV WHERE k > $1 AND k <= $2 AND k <> $6 AND NOT k = ANY ($3) AND EXISTS (SELECT FROM held)),
    put AS (INSERT INTO KV AS t SELECT u.k, $5, u.v FROM unnest($3::bytea[], $4::bytea[]) AS u(k, v)
        WHERE EXISTS (SELECT FROM held)
        ON CONFLICT (k) DO UPDATE SET ver = excluded.ver, v = excluded.v WHERE t.v <> excluded.v)
    SELECT count(*) FROM held";

/// The most receipts that one statement removes.
pub(super) const SWEPT_AT_ONCE: i64 = 10_000;

/// Whether the standbys are still named, whether this is still the proved connection, and whether the configuration
/// was read again since: it may have named no standby for a moment.
const LOOK: &str =
    "SELECT current_setting('synchronous_standby_names'), current_setting('gatepost.proof', true),
    (extract(epoch FROM pg_conf_load_time()) * 1000000)::bigint";
