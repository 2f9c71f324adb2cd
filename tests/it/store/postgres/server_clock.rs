//! A server whose clock is moved, and whose configuration is read again, while people write.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gatepost::domain::ports::{Change, Committed, StoreError};
use gatepost::store::postgres::PostgresSettings;
use tempfile::TempDir;

use super::{begin, commit_at_last, has, opened};
use crate::harness::installed::is_installed;
use crate::harness::postgres::{Fate, MOVED_CLOCKS, Proxy, Server};
use crate::store::{key, long_record, put};

const TIMEOUT: Duration = Duration::from_secs(5);
/// How long people go on after each move.
const WHILE: Duration = Duration::from_secs(2);

/// The clock of a server.
struct Clock(TempDir);

impl Clock {
    fn file(&self) -> PathBuf {
        self.0.path().join("clock")
    }

    /// From now on it is moved by this much.
    fn is(&self, moved: &str) {
        fs::write(self.file(), format!("{moved}\n")).unwrap();
    }
}

fn server_with_clock() -> Option<(Server, Clock)> {
    if !is_installed(MOVED_CLOCKS) {
        return None;
    }
    let clock = Clock(tempfile::tempdir().unwrap());
    // The server is another user.
    fs::set_permissions(clock.0.path(), fs::Permissions::from_mode(0o755)).unwrap();
    clock.is("+0s");
    Some((Server::start_with_clock(&clock.file())?, clock))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_forward_and_back_makes_no_commit_seem_done() {
    let Some((server, clock)) = server_with_clock() else { return };
    let (folder, timeout) = (tempfile::tempdir().unwrap(), TIMEOUT);
    let store = opened(|| PostgresSettings { timeout, ..server.settings("gatepost", folder.path()) }).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (store, is_over) = (Arc::clone(&store), Arc::clone(&is_over));
            tokio::spawn(async move {
                let mut answers = Vec::new();
                while !is_over.load(Ordering::SeqCst) {
                    let name = format!("{writer} {}", answers.len());
                    let commit = begin(&store, put(&name, 1));
                    let answer =
                        tokio::time::timeout(TIMEOUT + WHILE, commit).await.expect("in time").unwrap();
                    answers.push((name, answer));
                }
                answers
            })
        })
        .collect();
    for moved in ["+60s", "+0s", "-60s", "+0s"] {
        clock.is(moved);
        for _ in 0..4 {
            server.ask("SELECT pg_reload_conf()").await;
            tokio::time::sleep(WHILE / 4).await;
        }
    }
    is_over.store(true, Ordering::SeqCst);
    let mut done = 0;
    for writer in writers {
        for (name, answer) in writer.await.unwrap() {
            match &answer {
                Ok(Committed::Yes) => assert!(has(&store, &name).await, "{name}"),
                Err(StoreError::Refused(_)) => assert!(!has(&store, &name).await, "{name}"),
                other => panic!("{name}: {other:?}"),
            }
            done += usize::from(answer == Ok(Committed::Yes));
        }
    }
    assert!(done > 50, "{done}");
    commit_at_last(&store, "after", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_arrives_an_hour_late_is_not_written_although_its_voided_receipt_is_gone() {
    let Some((server, clock)) = server_with_clock() else { return };
    let (proxy, folder) = (Proxy::to(server.port()).await, tempfile::tempdir().unwrap());
    let settings = || PostgresSettings {
        hosts: vec![proxy.host()],
        timeout: TIMEOUT,
        ..server.settings("gatepost", folder.path())
    };
    let store = opened(settings).await;
    proxy.treat("t/late", Fate::Held);
    let mut late = Change::new();
    late.put(key("late"), long_record(600));
    let answer = begin(&store, late).await.unwrap();
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    assert_eq!(server.ask("SELECT count(*) FROM gatepost.receipt WHERE void").await, "1");
    store.close().await;
    clock.is("+3700s");
    // By then, the others have removed it.
    server.ask("DELETE FROM gatepost.receipt").await;
    proxy.release();
    server.wait_until("SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'gatepost'").await;
    assert_eq!(server.ask("SELECT count(*) FROM gatepost.kv").await, "0");
}
