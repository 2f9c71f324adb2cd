//! The proof of a connection. Only a connection that passed it carries acts: it leads to the server that the pool was
//! opened with, in the same life of that server, and nothing that was set anywhere makes its acknowledgements worth
//! less.

use std::time::Duration;

use super::base::Base;
use super::duty::Duty;
use super::fault::{Fault, POOLER};
use super::life::Life;
use super::link::Link;
use super::settings::{Durable, PostgresSettings};
use crate::domain::ports::World;

/// The oldest version whose behaviour was verified, and the newest.
const OLDEST: i32 = 14;
const NEWEST: i32 = 18;

/// A connection that passed, with the statements of its duty.
#[derive(Debug)]
pub(super) struct Proven<D> {
    pub(super) link: Link,
    pub(super) life: Life,
    pub(super) duty: D,
    pub(super) seen: Seen,
    /// Its process at the server, and when that began.
    pub(super) process: (i32, i64),
}

/// What must be the same in every answer.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Set on this connection only: whoever answers without it is another one.
    pub(super) proof: String,
    /// When the server process last read its configuration.
    pub(super) configured: i64,
    /// The server's clock in microseconds, and our monotonic clock at that moment.
    pub(super) clock: (i64, Duration),
}

/// The server behind a connection, if it is a primary; nothing if it is a standby.
pub(super) async fn sight(link: &Link, settings: &PostgresSettings) -> Result<Option<Life>, Fault> {
    let row = link.within(settings.timeout, link.row("SELECT version()", &[])).await?;
    check_product(row.get(0))?;
    let role = "SELECT pg_is_in_recovery()";
    if link.within(settings.timeout, link.row(role, &[])).await?.get(0) {
        return Ok(None);
    }
    let life = "SELECT (SELECT system_identifier::text FROM pg_control_system()),
        substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
        (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint";
    let row = link.within(settings.timeout, link.row(life, &[])).await?;
    let timeline = u32::from_str_radix(row.get(1), 16)
        .map_err(|_| Fault::Unfit(format!("{} has a timeline that cannot be read", link.host)))?;
    Ok(Some(Life { system: row.get(0), timeline, started: row.get(2) }))
}

/// Other products speak the same protocol and promise less.
fn check_product(version: &str) -> Result<(), Fault> {
    let number = version.strip_prefix("PostgreSQL ").and_then(|rest| rest.split([' ', ',']).next());
    // "15.18", "19beta1"; but not "11.2-YB-2.18", which is another product.
    let number = number.filter(|number| number.chars().all(|c| c == '.' || c.is_ascii_alphanumeric()));
    let major = number.and_then(|number| number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
    match major {
        Some(NEWEST..) if major != Some(NEWEST) => {
            tracing::warn!(version, "this version of PostgreSQL has not been tested");
            Ok(())
        }
        Some(OLDEST..) => Ok(()),
        _ => Err(Fault::Unfit(format!(
            "store.url leads to {version}, but only PostgreSQL {OLDEST} or later is supported"
        ))),
    }
}

/// What must be set to certain values, and where to look if it is not.
const FOUND: &str = "SELECT name, setting, source FROM pg_settings WHERE name IN
    ('fsync', 'full_page_writes', 'synchronous_commit', 'default_transaction_read_only')";

/// Refuses settings with which an acknowledged commit could be lost. Returns `synchronous_commit` as it was found.
async fn check_settings(link: &Link, settings: &PostgresSettings) -> Result<String, Fault> {
    let mut synchronous = String::new();
    for row in link.within(settings.timeout, link.list(FOUND, &[])).await? {
        let (name, setting, source): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
        let wanted: &[&str] = match name {
            "fsync" | "full_page_writes" => &["on"],
            "synchronous_commit" => &["on", "remote_apply"],
            _ => &["off"],
        };
        if !wanted.contains(&setting) {
            return Err(Fault::Unfit(format!(
                "{name} is {setting} on {} (set by: {source}), so an acknowledged change could be lost or none be made; \
                 set it to {}",
                link.host, wanted[0]
            )));
        }
        if name == "synchronous_commit" {
            setting.clone_into(&mut synchronous);
        }
    }
    Ok(synchronous)
}

/// Sets what acts rely on, for this connection, and reads it back.
async fn pin(
    link: &Link,
    statement_timeout: bool,
    settings: &PostgresSettings,
    synchronous: &str,
    proof: &str,
) -> Result<(), Fault> {
    let timeout = settings.timeout.as_millis().to_string();
    let pinned = [
        // A wait for a standby that someone cancels ends with a warning and nothing else.
        ("client_min_messages", "warning"),
        ("synchronous_commit", synchronous),
        ("lock_timeout", &timeout),
        ("default_transaction_read_only", "off"),
        // A key that appears between two statements of the commit must be seen.
        ("default_transaction_isolation", "read committed"),
        ("statement_timeout", if statement_timeout { &timeout } else { "0" }),
        ("transaction_timeout", "0"),
        ("gatepost.proof", proof),
    ];
    // The server knows transaction_timeout from 17 on.
    let set = "SELECT set_config(n, v, false) FROM unnest($1::text[], $2::text[]) AS s(n, v)
        WHERE n LIKE '%.%' OR EXISTS (SELECT FROM pg_settings WHERE name = n)";
    let (names, values): (Vec<&str>, Vec<&str>) = pinned.into_iter().unzip();
    link.within(settings.timeout, link.list(set, &[&names, &values])).await?;
    let read = "SELECT n, v FROM unnest($1::text[], $2::text[]) AS s(n, v) LEFT JOIN pg_settings p ON p.name = n
        WHERE CASE WHEN n LIKE '%.%' THEN current_setting(n, true) IS DISTINCT FROM v ELSE p.setting <> v END";
    match link.within(settings.timeout, link.list(read, &[&names, &values])).await?.first() {
        None => Ok(()),
        Some(row) => Err(Fault::Unfit(format!(
            "{} does not keep {} on a connection: {}",
            link.host,
            row.get::<_, &str>(0),
            POOLER
        ))),
    }
}

/// Proves a connection. `life` is the life of the server that it must lead to, if one is known.
pub(super) async fn prove<D: Duty>(link: Link, base: &Base, life: Option<&Life>) -> Result<Proven<D>, Fault> {
    let (settings, limit) = (&base.settings, base.settings.timeout);
    let host = &link.host;
    let Some(found) = sight(&link, settings).await? else {
        return Err(Fault::Changed(format!("{host} is a standby")));
    };
    let synchronous = check_settings(&link, settings).await?;
    let proof = format!("{:032x}", u128::from_be_bytes(base.world.random()));
    pin(&link, D::HAS_STATEMENT_TIMEOUT, settings, &synchronous, &proof).await?;
    if let Some(life) = life.filter(|life| **life != found) {
        let what = if life.timeline == found.timeline { "was restarted" } else { "has another timeline" };
        return Err(Fault::Changed(format!("{host} {what}")));
    }
    let asked_at = base.world.clock.monotonic();
    let row = link.within(limit, link.row(NOTED, &[])).await?;
    if settings.durable == Durable::Majority && row.get::<_, &str>(0).is_empty() {
        return Err(Fault::Unfit(format!(
            "synchronous_standby_names is empty on {host}, so a commit could be lost with this server; name its \
             standbys, or accept that with store.durable = \"one\""
        )));
    }
    let seen = Seen { proof, configured: row.get(1), clock: (row.get(2), asked_at) };
    let process = (row.get(3), row.get::<_, Option<i64>>(4).unwrap_or_default());
    let duty = link.within(limit, D::prepare(&link, &settings.schema)).await?;
    Ok(Proven { link, life: found, duty, seen, process })
}

/// Read once everything is pinned.
const NOTED: &str = "SELECT current_setting('synchronous_standby_names'),
    (extract(epoch FROM pg_conf_load_time()) * 1000000)::bigint,
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, pg_backend_pid(),
    (SELECT (extract(epoch FROM backend_start) * 1000000)::bigint FROM pg_stat_activity WHERE pid = pg_backend_pid())";

impl<D> Proven<D> {
    /// The server's clock in microseconds. Counted from before the server was asked, so it is never behind.
    pub(super) fn server_now(&self, world: &World) -> i64 {
        let (then, at) = self.seen.clock;
        let passed = world.clock.monotonic().saturating_sub(at).as_micros();
        then.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX))
    }
}
