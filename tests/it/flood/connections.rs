//! Very many connections at once.

use std::net::SocketAddr;
use std::process::Command;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{answer, ask, connect, get_sign_in, with_many_files};
use crate::harness::installed::is_installed;
use crate::harness::process::{Process, free_address};

/// Shows what the system knows about sockets.
const SS: &str = "/usr/bin/ss";
/// A visitor's client, of which none of the other connections is.
const VISITOR: usize = 1_000;
/// Far more than an answer takes.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_thousand_connections_at_once_are_all_answered() {
    with_many_files();
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(&folder.path().join("data"), free_address(), &[]);
    let address = server.address;
    let mut asking = JoinSet::new();
    for number in 0..3_000 {
        asking.spawn(async move { ask(address, number % 15, &get_sign_in(address)).await });
    }
    let answers = timeout(PATIENCE, asking.join_all()).await.unwrap();
    assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 200")));
    if is_installed(SS) {
        assert_eq!(turned_away(address), 0);
    }
}

/// How many connections the system has turned away because too many were waiting to be accepted. Each of them
/// tries again after a second, then after more.
fn turned_away(server: SocketAddr) -> u32 {
    let port = format!(":{}", server.port());
    let shown = Command::new(SS).args(["-tlnmH", "sport", "=", &port]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let (_, count) = shown.rsplit_once(",d").unwrap_or_else(|| panic!("{shown}"));
    count.split(')').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eleven_thousand_idle_connections_leave_room_for_the_next_visitor() {
    with_many_files();
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(&folder.path().join("data"), free_address(), &[]);
    let address = server.address;
    let mut idle: Vec<TcpStream> = Vec::new();
    for number in 0..11_000 {
        idle.push(connect(address, number % 43).await);
    }
    for _ in 0..20 {
        let stream = connect(address, VISITOR).await;
        let page = timeout(PATIENCE, answer(stream, &get_sign_in(address))).await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    }
    drop(idle);
}
