//! The tables and functions of the store, exactly as all versions of Gatepost know them.
//!
//! An act locks all its keys in the order of the keys, so that acts wait for each other in one direction. A key that is
//! absent gets a row at once, so that a second act waits at the unique index. A row can vanish between the look and
//! the insertion; without the inner loop, an expected absence would then be held by nothing. A conflict is raised
//! and not returned: otherwise those rows would be committed, and the refusal would wait for the standby.
//!
//! The receipt comes after all row locks, so that `settle` can void a commit that still waits for a row. The clock is
//! read after the receipt: a receipt that was voided and removed since can then no longer let a late message
//! through.

use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::link::Link;
use super::settings::{PostgresSettings, Schema};

/// What the functions are called with, as the server writes it.
const COMMIT: &str = "commit_change(bytea[], bigint[], bytea[], bytea[], bigint, bytea, timestamptz)";
const SETTLE: &str = "settle(bytea, bytea)";

const TABLES: &str = "
CREATE TABLE gatepost.kv (k bytea PRIMARY KEY, ver bigint NOT NULL, v bytea NOT NULL)
  WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE gatepost.kv ALTER COLUMN v SET STORAGE EXTERNAL;
CREATE TABLE gatepost.receipt (id bytea PRIMARY KEY, void boolean NOT NULL) WITH (autovacuum_vacuum_scale_factor = 0.02);
";

const COMMIT_BODY: &str = "
DECLARE key bytea; have bigint; i int; placed bytea[] := '{}';
BEGIN
  FOR key IN SELECT DISTINCT x FROM unnest(expect_k || write_k) AS x ORDER BY x LOOP
    LOOP
      SELECT t.ver INTO have FROM gatepost.kv t WHERE t.k = key FOR UPDATE;
      EXIT WHEN FOUND;
      INSERT INTO gatepost.kv VALUES (key, new_ver, coalesce(write_v[array_position(write_k, key)], '')) ON CONFLICT DO NOTHING;
      IF FOUND THEN placed := array_append(placed, key); have := NULL; EXIT; END IF;
    END LOOP;
    i := array_position(expect_k, key);
    IF i IS NOT NULL AND expect_ver[i] IS DISTINCT FROM have THEN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END IF;
  END LOOP;
  UPDATE gatepost.kv t SET ver = new_ver, v = w.v FROM unnest(write_k, write_v) AS w(k, v)
    WHERE t.k = w.k AND w.v IS NOT NULL AND NOT w.k = ANY (placed);
  DELETE FROM gatepost.kv t USING unnest(write_k || placed, write_v) AS w(k, v) WHERE t.k = w.k AND w.v IS NULL
    AND NOT EXISTS (SELECT FROM unnest(write_k, write_v) AS p(k, v) WHERE p.k = w.k AND p.v IS NOT NULL);
  INSERT INTO gatepost.receipt VALUES (receipt, false);
  IF clock_timestamp() > not_after THEN RAISE EXCEPTION 'late' USING ERRCODE = '54GP1'; END IF;
END ";

const SETTLE_BODY: &str = "
BEGIN
  INSERT INTO gatepost.receipt VALUES (receipt, true) ON CONFLICT DO NOTHING;
  INSERT INTO gatepost.receipt VALUES (own, false);
  RETURN (SELECT NOT r.void FROM gatepost.receipt r WHERE r.id = receipt);
END ";

/// Functions run with the rights of the caller, and find only what the server itself owns: a function or a table that
/// someone planted elsewhere never runs in our call.
const FUNCTION: &str = "LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS";

fn in_schema(text: &str, schema: &Schema) -> String {
    text.replace("gatepost.", &format!("{}.", schema.quoted()))
}

fn definitions(schema: &Schema) -> String {
    let text = format!(
        "{TABLES}
CREATE FUNCTION gatepost.commit_change(expect_k bytea[], expect_ver bigint[], write_k bytea[], write_v bytea[],
  new_ver bigint, receipt bytea, not_after timestamptz) RETURNS void
  {FUNCTION} $${COMMIT_BODY}$$;
CREATE FUNCTION gatepost.settle(receipt bytea, own bytea) RETURNS boolean
  {FUNCTION} $${SETTLE_BODY}$$;"
    );
    in_schema(&text, schema)
}

/// What is made if it is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Make {
    /// The schema, and what belongs in it.
    Schema,
    /// The tables and functions.
    Tables,
    /// Nothing.
    Nothing,
}

/// The statements that give a role what it needs.
pub(super) fn grants(schema: &Schema, role: &str) -> Vec<String> {
    let schema = schema.quoted();
    vec![
        format!("GRANT USAGE ON SCHEMA {schema} TO {role};"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.kv, {schema}.receipt TO {role};"),
        format!("GRANT EXECUTE ON FUNCTION {schema}.{COMMIT}, {schema}.{SETTLE} TO {role};"),
    ]
}

/// Makes what is missing, as one transaction: first starts take turns. Then refuses functions that are not ours, and a
/// role that lacks a right.
pub(super) async fn prepare(link: &Link, settings: &PostgresSettings, make: Make) -> Result<(), Fault> {
    let (schema, limit) = (&settings.schema, settings.timeout);
    let name = schema.as_str();
    let lock = format!("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('gatepost/{name}', 0))");
    link.within(limit, link.run(&lock)).await?;
    let exists = "SELECT to_regnamespace($1::text) IS NOT NULL";
    if !link.within(limit, link.row(exists, &[&schema.quoted()])).await?.get::<_, bool>(0) {
        if make != Make::Schema {
            return Err(Fault::Unfit(format!(
                "there is no schema {name} in this database; check store.schema, or make it with: gatepost store init"
            )));
        }
        define(link, settings, &format!("CREATE SCHEMA {}", schema.quoted())).await?;
    }
    check_usage(link, settings).await?;
    let exists = "SELECT to_regclass($1::text || '.kv') IS NOT NULL";
    if !link.within(limit, link.row(exists, &[&schema.quoted()])).await?.get::<_, bool>(0) {
        if make == Make::Nothing {
            return Err(Fault::Unfit(format!(
                "there is no database in schema {name}; check store.url and store.schema, or start gatepost serve, \
                 which makes it"
            )));
        }
        define(link, settings, &definitions(schema)).await?;
    }
    link.within(limit, link.run("COMMIT")).await?;
    check_functions(link, settings).await?;
    check_rights(link, settings).await
}

async fn define(link: &Link, settings: &PostgresSettings, statements: &str) -> Result<(), Fault> {
    let refused = |fault| {
        let name = settings.schema.as_str();
        Fault::Unfit(format!(
            "cannot make the tables in schema {name}: {fault}; run gatepost store init as a role that may"
        ))
    };
    link.within(settings.timeout, link.run(statements)).await.map_err(refused)
}

/// Comes first, because without it the server finds nothing that is in the schema.
async fn check_usage(link: &Link, settings: &PostgresSettings) -> Result<(), Fault> {
    let usage = "SELECT has_schema_privilege($1::text, 'USAGE'), quote_ident(current_user)";
    let row = link.within(settings.timeout, link.row(usage, &[&settings.schema.as_str()])).await?;
    if row.get(0) {
        return Ok(());
    }
    let role: &str = row.get(1);
    Err(lacks(&format!("GRANT USAGE ON SCHEMA {} TO {role};", settings.schema.quoted())))
}

async fn check_functions(link: &Link, settings: &PostgresSettings) -> Result<(), Fault> {
    let ours =
        "SELECT count(*) FROM pg_proc p WHERE p.pronamespace = to_regnamespace($1::text) AND NOT p.prosecdef
        AND p.proconfig = ARRAY['search_path=pg_catalog, pg_temp']
        AND (p.proname, p.prosrc) IN (('commit_change', $2::text), ('settle', $3::text))";
    let bodies = [COMMIT_BODY, SETTLE_BODY].map(|body| in_schema(body, &settings.schema));
    let values: [&(dyn ToSql + Sync); 3] = [&settings.schema.quoted(), &bodies[0], &bodies[1]];
    let found = link.within(settings.timeout, link.row(ours, &values)).await?;
    if found.get::<_, i64>(0) == 2 {
        return Ok(());
    }
    let name = settings.schema.as_str();
    Err(Fault::Unfit(format!(
        "the functions in schema {name} are not the ones of this version; check store.schema"
    )))
}

/// The statements that give a role what it lacks.
const RIGHTS: &str = "
SELECT 'GRANT EXECUTE ON FUNCTION ' || f || ' TO ' || quote_ident(current_user) || ';'
  FROM unnest(ARRAY[$1::text || '.' || $2::text, $1::text || '.' || $3::text]) AS f
  WHERE NOT has_function_privilege(f, 'EXECUTE')
UNION ALL SELECT 'GRANT ' || p || ' ON ' || t || ' TO ' || quote_ident(current_user) || ';'
  FROM unnest(ARRAY[$1::text || '.kv', $1::text || '.receipt']) AS t,
    unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p
  WHERE NOT has_table_privilege(t, p)";

async fn check_rights(link: &Link, settings: &PostgresSettings) -> Result<(), Fault> {
    let values: [&(dyn ToSql + Sync); 3] = [&settings.schema.quoted(), &COMMIT, &SETTLE];
    let missing = link.within(settings.timeout, link.list(RIGHTS, &values)).await?;
    let missing: Vec<&str> = missing.iter().map(|row| row.get(0)).collect();
    if missing.is_empty() { Ok(()) } else { Err(lacks(&missing.join(" "))) }
}

fn lacks(grants: &str) -> Fault {
    Fault::Unfit(format!("the role in store.url lacks rights; run as the owner of the schema: {grants}"))
}
