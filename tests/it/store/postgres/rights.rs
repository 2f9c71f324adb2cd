//! The schema, the rights on it, and first starts at the same moment.

use gatepost::domain::ports::Store;
use gatepost::store::postgres::{PostgresSettings, PostgresStore};
use gatepost::world;

use super::opened;
use crate::harness::postgres::Server;

/// How a store is refused that exists already.
async fn refusal(settings: PostgresSettings) -> String {
    PostgresStore::open(settings, world::real()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_role_that_lacks_a_right_is_refused_with_the_statement_that_grants_it() {
    let Some(server) = Server::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    drop(opened(|| server.settings("rights", folder.path())).await);
    server.ask("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA rights FROM PUBLIC; CREATE ROLE server LOGIN").await;
    let settings = || PostgresSettings { user: "server".into(), ..server.settings("rights", folder.path()) };
    let mut granted = 0;
    // Each refusal names what is missing, until nothing is.
    let store = loop {
        match PostgresStore::open(settings(), world::real()).await {
            Ok(store) => break store,
            Err(refusal) => {
                let refusal = refusal.to_string();
                let grants = &refusal[refusal.find("GRANT").expect(&refusal)..];
                server.ask(grants).await;
                granted += grants.matches("GRANT").count();
            }
        }
    };
    assert_eq!(granted, 11, "the schema, two functions, four rights on each table");
    assert_eq!(store.writable(), Ok(()));
    for right in [
        "EXECUTE ON FUNCTION \"rights\".settle(bytea, bytea)",
        "UPDATE ON \"rights\".kv",
        "DELETE ON \"rights\".receipt",
        "USAGE ON SCHEMA \"rights\"",
    ] {
        server.ask(&format!("REVOKE {right} FROM server")).await;
        let refusal = refusal(settings()).await;
        assert!(refusal.ends_with(&format!("GRANT {right} TO server;")), "{refusal}");
        server.ask(&format!("GRANT {right} TO server")).await;
    }
}

#[tokio::test]
async fn functions_that_are_not_ours_are_refused() {
    let Some(server) = Server::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    drop(opened(|| server.settings("changed", folder.path())).await);
    for change in [
        "ALTER FUNCTION changed.settle SECURITY DEFINER",
        "ALTER FUNCTION changed.settle SECURITY INVOKER; ALTER FUNCTION changed.settle SET search_path = public",
        "DROP FUNCTION changed.settle",
    ] {
        server.ask(change).await;
        let refusal = refusal(server.settings("changed", folder.path())).await;
        assert!(refusal.contains("are not the ones of this version"), "{refusal}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_someone_planted_runs_in_our_calls() {
    let Some(server) = Server::start("") else { return };
    let folder = tempfile::tempdir().unwrap();
    server.ask("CREATE SCHEMA trap; CREATE TABLE trap.sprung ()").await;
    for (name, returns) in
        [("version()", "text"), ("pg_is_in_recovery()", "boolean"), ("array_position(bytea[], bytea)", "int")]
    {
        server
            .ask(&format!(
                "CREATE FUNCTION trap.{name} RETURNS {returns} LANGUAGE plpgsql AS
                 $$ BEGIN DROP TABLE trap.sprung; RETURN NULL; END $$"
            ))
            .await;
    }
    server.ask("ALTER ROLE gatepost SET search_path = trap, pg_catalog").await;
    let store = opened(|| server.settings("gatepost", folder.path())).await;
    super::commit_at_last(&store, "a", 1).await;
    assert!(super::has(&store, "a").await);
    assert_eq!(server.ask("SELECT to_regclass('trap.sprung')").await, "trap.sprung");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_starts_at_the_same_moment_take_turns() {
    let Some(server) = Server::shared() else { return };
    for round in 0..10 {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let starts = folders.iter().map(|folder| {
            let settings = || server.settings(&format!("first_{round}"), folder.path());
            let (create, open) = (settings(), settings());
            tokio::spawn(async move {
                PostgresStore::create(create, world::real()).await.unwrap();
                PostgresStore::open(open, world::real()).await.unwrap()
            })
        });
        for start in starts.collect::<Vec<_>>() {
            assert_eq!(start.await.unwrap().writable(), Ok(()));
        }
    }
}
