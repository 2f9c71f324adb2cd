//! Commits whose fate is unknown at first.

use std::process::Stdio;
use std::time::Duration;

use gatepost::domain::ports::{Committed, Store, StoreError};
use gatepost::store::postgres::PostgresSettings;
use rustix::process::{Pid, Signal, kill_process};

use super::{A_COMMIT_WAITS, begin, commit_at_last, has, majority, opened, pair};
use crate::harness::postgres::{Flow, Proxy, Server};
use crate::store::{key, put};

const TIMEOUT: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_wait_for_a_standby_was_cancelled_is_not_acknowledged() {
    let Some((primary, standby)) = pair().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = opened(|| majority(&primary, folder.path(), TIMEOUT)).await;
    standby.crash().await;
    let commit = begin(&store, put("a", 1));
    primary.wait_until(A_COMMIT_WAITS).await;
    primary.ask("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").await;
    let answer = commit.await.unwrap();
    assert!(matches!(answer, Err(StoreError::InDoubt(_))), "{answer:?}");
    // Everyone can see it, but no standby has it.
    assert_eq!(primary.ask("SELECT count(*) FROM gatepost.kv").await, "1");
    standby.start_again().await;
    commit_at_last(&store, "b", 2).await;
    assert!(has(&store, "a").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_commit_is_settled_once_a_standby_is_back() {
    let Some((primary, standby)) = pair().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = opened(|| majority(&primary, folder.path(), Duration::from_secs(30))).await;
    standby.crash().await;
    let commit = begin(&store, put("a", 1));
    primary.wait_until(A_COMMIT_WAITS).await;
    primary.ask("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").await;
    standby.start_again().await;
    assert_eq!(commit.await.unwrap(), Ok(Committed::Yes));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_not_acknowledged_when_the_list_of_standbys_was_emptied_meanwhile() {
    let Some((primary, standby)) = pair().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = opened(|| majority(&primary, folder.path(), TIMEOUT)).await;
    standby.crash().await;
    let commit = begin(&store, put("a", 1));
    primary.wait_until(A_COMMIT_WAITS).await;
    primary.set("synchronous_standby_names", "").await;
    let answer = commit.await.unwrap();
    assert!(matches!(answer, Err(StoreError::InDoubt(_))), "{answer:?}");
    let refused = store.commit(put("b", 1)).await;
    assert!(format!("{refused:?}").contains("synchronous_standby_names is empty"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_not_acknowledged_when_the_list_of_standbys_was_empty_for_a_moment() {
    let Some((primary, standby)) = pair().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = opened(|| majority(&primary, folder.path(), TIMEOUT)).await;
    standby.crash().await;
    let commit = begin(&store, put("a", 1));
    primary.wait_until(A_COMMIT_WAITS).await;
    let waiting = primary.ask("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'").await;
    let waiting = Pid::from_raw(waiting.parse().unwrap()).unwrap();
    // The process that waits sees only what the list is in the end.
    kill_process(waiting, Signal::STOP).unwrap();
    for names in ["", "ANY 1 (*)"] {
        primary.set("synchronous_standby_names", names).await;
        // By then, the process that ends such waits has seen it.
        primary.ask("CHECKPOINT").await;
    }
    kill_process(waiting, Signal::CONT).unwrap();
    primary.wait_until("SELECT count(*) = 1 FROM gatepost.kv").await;
    let answer = commit.await.unwrap();
    assert!(matches!(answer, Err(StoreError::InDoubt(_))), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_commit_is_acknowledged_while_the_server_reads_its_configuration_again() {
    let Some(server) = Server::start("") else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = opened(|| server.settings("gatepost", folder.path())).await;
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..100u8 {
                    let answer = begin(&store, put(&format!("{writer} {number}"), number)).await.unwrap();
                    assert_eq!(answer, Ok(Committed::Yes));
                }
            })
        })
        .collect();
    for _ in 0..5 {
        server.ask("SELECT pg_reload_conf()").await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(server.ask("SELECT count(*) FROM gatepost.kv").await, "400");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_is_settled_as_written() {
    let Some(server) = Server::start("") else { return };
    let (proxy, folder) = (Proxy::to(server.port()).await, tempfile::tempdir().unwrap());
    let settings =
        || PostgresSettings { hosts: vec![proxy.host()], ..server.settings("gatepost", folder.path()) };
    let store = opened(settings).await;
    proxy.answers(Flow::Lost);
    let commit = begin(&store, put("a", 1));
    server.wait_until("SELECT count(*) = 1 FROM gatepost.kv").await;
    proxy.answers(Flow::Passes);
    proxy.cut();
    assert_eq!(commit.await.unwrap(), Ok(Committed::Yes));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_never_arrived_is_settled_as_not_written() {
    let Some(server) = Server::start("") else { return };
    let (proxy, folder) = (Proxy::to(server.port()).await, tempfile::tempdir().unwrap());
    let settings =
        || PostgresSettings { hosts: vec![proxy.host()], ..server.settings("gatepost", folder.path()) };
    let store = opened(settings).await;
    proxy.requests(Flow::Lost);
    let commit = begin(&store, put("a", 1));
    proxy.has_lost().await;
    proxy.requests(Flow::Passes);
    proxy.cut();
    let answer = commit.await.unwrap();
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    assert!(!has(&store, "a").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_waits_for_a_record_is_voided_and_never_written() {
    let Some(server) = Server::start("") else { return };
    let folder = tempfile::tempdir().unwrap();
    let timeout = Duration::from_secs(2);
    let store = opened(|| PostgresSettings { timeout, ..server.settings("gatepost", folder.path()) }).await;
    commit_at_last(&store, "a", 1).await;
    let mut psql = server.psql();
    psql.args(["-c", "BEGIN", "-c", "SELECT 1 FROM gatepost.kv FOR UPDATE", "-c", "SELECT pg_sleep(600)"]);
    let mut holder = psql.kill_on_drop(true).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    server.wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").await;
    let mut change = put("a", 2);
    change.put(key("b"), crate::store::value(2));
    let answer = store.commit(change).await;
    assert!(matches!(answer, Err(StoreError::Refused(_) | StoreError::Busy)), "{answer:?}");
    server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").await;
    holder.wait().await.unwrap();
    commit_at_last(&store, "c", 3).await;
    assert!(!has(&store, "b").await);
    assert_eq!(server.ask("SELECT count(*) FROM gatepost.receipt WHERE void").await, "1");
}

#[tokio::test]
async fn a_message_that_arrives_late_is_refused_even_after_its_voided_receipt_was_removed() {
    let Some(server) = Server::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let _store = opened(|| server.settings("late", folder.path())).await;
    let commit = |receipt: &str, not_after: &str| {
        format!(
            "DO $$ BEGIN PERFORM late.commit_change('{{}}', '{{}}', ARRAY['k'::bytea], ARRAY['v'::bytea], 1, \
             '{receipt}', {not_after}); EXCEPTION WHEN SQLSTATE '54GP1' THEN NULL; END $$"
        )
    };
    server.ask(&commit("r", "clock_timestamp() - interval '1 second'")).await;
    assert_eq!(server.ask("SELECT count(*) FROM late.kv").await, "0");
    server.ask("SELECT late.settle('r', 'own')").await;
    server.ask("DELETE FROM late.receipt").await;
    server.ask(&commit("r", "clock_timestamp() - interval '1 second'")).await;
    assert_eq!(server.ask("SELECT count(*) FROM late.kv").await, "0");
    server.ask(&commit("s", "clock_timestamp() + interval '1 minute'")).await;
    assert_eq!(server.ask("SELECT count(*) FROM late.kv").await, "1");
}
