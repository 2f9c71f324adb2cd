//! Bodies that are far too long, or never end.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{ask, connect, get_sign_in, host, with_many_files};
use crate::harness::process::{Process, free_address};

/// What 100 bodies that are refused may leave behind.
const REFUSED_KIB: u64 = 5 * 1024;
/// What 3,000 bodies that never end may take, their connections included.
const UNFINISHED_KIB: u64 = 40 * 1024;

/// A server that has already had as many requests at once as are going to come, with a byte of a body each, so
/// that what it keeps for them is not counted as memory of their bodies.
async fn warm(folder: &tempfile::TempDir, requests: usize) -> (Process, u64) {
    with_many_files();
    let server = Process::start(&folder.path().join("data"), free_address(), &[]);
    drop(unfinished(server.address, requests, 1).await);
    let before = server.memory_kib("VmHWM");
    (server, before)
}

/// Requests whose bodies lack their end.
async fn unfinished(server: SocketAddr, requests: usize, bytes: usize) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for number in 0..requests {
        let mut stream = connect(server, number % 20).await;
        // The server may refuse it before all of this is sent, once there is no room.
        let _ = stream.write_all(head(server, "Content-Length: 65536").as_bytes()).await;
        let _ = stream.write_all(&vec![b' '; bytes]).await;
        open.push(stream);
    }
    // Whatever came before is read by now.
    let page = ask(server, 1_000, &get_sign_in(server)).await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    open
}

fn head(server: SocketAddr, length: &str) -> String {
    let kind = "Content-Type: application/json";
    format!("POST /api/sign-in HTTP/1.1\r\nHost: {}\r\n{kind}\r\n{length}\r\n\r\n", host(server))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_bodies_of_200_mb_are_refused_before_they_take_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (server, before) = warm(&folder, 100).await;
    let address = server.address;
    let mut sending = JoinSet::new();
    for number in 0..100 {
        // Half of them don't say how long they are.
        let is_chunked = number % 2 == 0;
        let length = if is_chunked { "Transfer-Encoding: chunked" } else { "Content-Length: 200000000" };
        let head = head(address, length);
        sending.spawn(async move {
            let mut stream = connect(address, number % 20).await;
            stream.write_all(head.as_bytes()).await.unwrap();
            send_much(stream, is_chunked).await
        });
    }
    for answer in sending.join_all().await {
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
    let grown = server.memory_kib("VmHWM").saturating_sub(before);
    assert!(grown < REFUSED_KIB, "{grown} KiB more than {before} KiB");
}

/// Sends up to 200 MB, and returns what the server answered meanwhile.
async fn send_much(stream: TcpStream, is_chunked: bool) -> String {
    let (mut from, mut to) = stream.into_split();
    let sending = tokio::spawn(async move {
        let mut piece = if is_chunked { b"10000\r\n".to_vec() } else { Vec::new() };
        piece.resize(piece.len() + 65_536, b'x');
        piece.extend(if is_chunked { &b"\r\n"[..] } else { b"" });
        for _ in 0..200_000_000 / 65_536 {
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    });
    let mut answer = [0; 12];
    from.read_exact(&mut answer).await.unwrap();
    sending.abort();
    String::from_utf8(answer.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_thousand_bodies_that_never_end_take_no_more_than_their_share_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (server, before) = warm(&folder, 3_000).await;
    let open = unfinished(server.address, 3_000, 65_535).await;
    let grown = server.memory_kib("VmHWM").saturating_sub(before);
    assert!(grown < UNFINISHED_KIB, "{grown} KiB more than {before} KiB");
    drop(open);
}
