//! A connection is kept for heartbeats, so that a node whose changes all wait is not taken to have ended.

use std::process::Stdio;
use std::time::Duration;

use gatepost::domain::ports::{Class, Committed, Store};
use gatepost::store::postgres::PostgresSettings;

use super::{begin, commit_at_last, opened};
use crate::harness::postgres::Server;
use crate::store::put;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_is_written_at_once_while_every_other_change_waits() {
    let Some(server) = Server::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    // Two for reads, one for changes, and the one that is kept.
    let settings = || PostgresSettings {
        connections: 4,
        timeout: Duration::from_secs(20),
        ..server.settings("heartbeats", folder.path())
    };
    let store = opened(settings).await;
    commit_at_last(&store, "row", 1).await;
    let lock = "BEGIN; SELECT k FROM heartbeats.kv FOR UPDATE; SELECT pg_sleep(60)";
    let mut holder =
        server.psql().args(["-c", lock]).stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let holds = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%heartbeats%'";
    server.wait_until(&format!("SELECT count(*) > 0 {holds}")).await;
    let mut writes = vec![begin(&store, put("row", 2))];
    let waits = "SELECT count(*) > 0 FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND query LIKE '%heartbeats%commit_change%'";
    server.wait_until(waits).await;
    writes.extend((0..20u8).map(|number| begin(&store, put(&format!("w {number}"), number))));
    for number in 0..3 {
        let mut beat = put("beat", number);
        beat.class = Class::Heartbeat;
        let written = tokio::time::timeout(Duration::from_secs(5), store.commit(beat)).await;
        assert_eq!(written.expect("it does not wait"), Ok(Committed::Yes));
    }
    assert!(writes.iter().all(|write| !write.is_finished()), "the others wait");
    // Its client may be gone, and it would still hold the row.
    server.ask(&format!("SELECT pg_terminate_backend(pid) {holds}")).await;
    // It was ended.
    let _ = holder.wait().await;
    for write in writes {
        assert_eq!(write.await.unwrap(), Ok(Committed::Yes));
    }
}
