//! Databases under which an acknowledged commit could be lost, and others that are not used.

use gatepost::domain::ports::{Store, StoreError};
use gatepost::store::life::Life;
use gatepost::store::postgres::{Durable, Host, PostgresSettings, Schema};

use super::{opened, refusal};
use crate::harness::postgres::{Pooler, Proxy, Server};
use crate::store::put;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_could_lose_an_acknowledged_commit_are_refused_and_named() {
    let Some(server) = Server::start("") else { return };
    let folder = tempfile::tempdir().unwrap();
    let settings = || server.settings("gatepost", folder.path());
    let cases = [
        ("ALTER ROLE gatepost SET", "synchronous_commit", "off", "user"),
        ("ALTER DATABASE postgres SET", "synchronous_commit", "local", "database"),
        ("ALTER ROLE gatepost SET", "synchronous_commit", "remote_write", "user"),
        ("ALTER DATABASE postgres SET", "default_transaction_read_only", "on", "database"),
        ("ALTER SYSTEM SET", "fsync", "off", "configuration file"),
        ("ALTER SYSTEM SET", "full_page_writes", "off", "configuration file"),
    ];
    for (how, name, value, source) in cases {
        let is_loaded = async |is_set: bool| {
            server.ask("SELECT pg_reload_conf()").await;
            // Only the configuration file has to be read again, and it shows here.
            let shown = format!(
                "SELECT ('{source}' <> 'configuration file') OR (reset_val = '{value}') = {is_set}
                FROM pg_settings WHERE name = '{name}'"
            );
            server.wait_until(&shown).await;
        };
        server.ask(&format!("{how} {name} = '{value}'")).await;
        is_loaded(true).await;
        let refusal = refusal(settings).await;
        assert!(refusal.contains(&format!("{name} is {value}")), "{refusal}");
        assert!(refusal.contains(&format!("set by: {source}")), "{refusal}");
        server.ask(&format!("{} {name}", how.replace("SET", "RESET"))).await;
        is_loaded(false).await;
    }
    server.ask("ALTER ROLE gatepost SET synchronous_commit = 'remote_apply'").await;
    assert_eq!(opened(settings).await.writable(), Ok(()));
}

#[tokio::test]
async fn a_database_without_synchronous_standbys_is_refused_unless_one_server_is_enough() {
    let Some(server) = Server::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let majority =
        || PostgresSettings { durable: Durable::Majority, ..server.settings("no_standby", folder.path()) };
    let refusal = refusal(majority).await;
    assert!(refusal.contains("synchronous_standby_names is empty"), "{refusal}");
    assert!(refusal.contains("store.durable"), "{refusal}");
}

#[tokio::test]
async fn wrong_names_are_refused_and_named() {
    let Some(server) = Server::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let usual = || server.settings("wrong", folder.path());
    let user = refusal(|| PostgresSettings { user: "stranger".into(), ..usual() }).await;
    assert!(user.contains("check user and password in store.url"), "{user}");
    let database = refusal(|| PostgresSettings { database: "elsewhere".into(), ..usual() }).await;
    assert!(database.contains("check the name of the database in store.url"), "{database}");
    let made = gatepost::store::postgres::PostgresStore::open(usual(), gatepost::world::real()).await;
    let schema = made.unwrap_err().to_string();
    assert!(
        schema.contains("there is no schema wrong") && schema.contains("gatepost store init"),
        "{schema}"
    );
    for name in ["", "Upper", "a-b", "a\"; DROP TABLE kv", &"a".repeat(64)] {
        assert_eq!(Schema::named(name), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_product_behind_the_protocol_is_refused_and_named() {
    let Some(server) = Server::start("") else { return };
    let (proxy, folder) = (Proxy::to(server.port()).await, tempfile::tempdir().unwrap());
    let settings =
        || PostgresSettings { hosts: vec![proxy.host()], ..server.settings("gatepost", folder.path()) };
    for version in ["CockroachDB", "PostgreSQLX"] {
        proxy.rewrite("PostgreSQL ", version);
        let refusal = refusal(settings).await;
        assert!(refusal.contains(version) && refusal.contains("only PostgreSQL 14"), "{refusal}");
    }
    let old = format!("PostgreSQL {}", server.ask("SELECT substr(version(), 12, 2)").await);
    proxy.rewrite(&old, "PostgreSQL 13");
    let refusal = refusal(settings).await;
    assert!(refusal.contains("PostgreSQL 13"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_in_transaction_mode_is_refused_and_named() {
    let Some(server) = Server::start("") else { return };
    let Some(pooler) = Pooler::before(&server) else { return };
    let folder = tempfile::tempdir().unwrap();
    let through =
        |host: Host| PostgresSettings { hosts: vec![host], ..server.settings("gatepost", folder.path()) };
    let direct = opened(|| server.settings("gatepost", folder.path())).await;
    assert_eq!(direct.writable(), Ok(()));
    let refusal = refusal(|| through(pooler.host())).await;
    assert!(refusal.contains("a pooler in transaction mode is in between"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_database_than_the_one_of_the_side_file_is_refused() {
    let (Some(one), Some(other)) = (Server::start(""), Server::start("")) else { return };
    let folder = tempfile::tempdir().unwrap();
    drop(opened(|| one.settings("gatepost", folder.path())).await);
    let refusal = refusal(|| other.settings("gatepost", folder.path())).await;
    assert!(refusal.contains("this is not the database that"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_whose_database_is_replaced_by_another_one_cannot_go_on() {
    let Some(server) = Server::start("") else { return };
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::to(server.port()).await;
    let through =
        || PostgresSettings { hosts: vec![proxy.host()], ..server.settings("gatepost", folder.path()) };
    let store = opened(through).await;
    assert_eq!(store.failure(), None);
    let system = server.ask("SELECT system_identifier FROM pg_control_system()").await;
    let (rest, last) = system.split_at(system.len() - 1);
    proxy.rewrite(&system, &format!("{rest}{}", if last == "1" { "2" } else { "1" }));
    proxy.cut();
    let reason = Life::failed(&*store).await;
    assert!(reason.contains("this is not the database that"), "{reason}");
    assert_eq!(store.failure(), Some(reason));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_is_used_again_without_a_restart() {
    let Some(server) = Server::start("") else { return };
    let folder = tempfile::tempdir().unwrap();
    let timeout = std::time::Duration::from_secs(1);
    let store = opened(|| PostgresSettings { timeout, ..server.settings("gatepost", folder.path()) }).await;
    server.crash().await;
    let answer = store.commit(put("a", 1)).await;
    assert!(matches!(answer, Err(StoreError::Refused(_) | StoreError::InDoubt(_))), "{answer:?}");
    assert!(store.get(&[crate::store::key("a")]).await.is_err());
    assert!(store.writable().is_err());
    server.start_again().await;
    super::commit_at_last(&store, "b", 2).await;
    assert!(super::has(&store, "b").await);
}
