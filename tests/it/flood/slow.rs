//! Clients that take their time: with the head of a request, with its body, or with reading the response.
//!
//! This takes real time, like nothing else here: connections are timed by the clock of the runtime, and these are
//! the limits as they are.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

use super::{ask, connect, get, get_sign_in, host, with_many_files};
use crate::harness::process::{Process, free_address};

const CONNECTIONS: usize = 500;
/// The clients behind them. One client may have 256 connections.
const CLIENTS: usize = 10;
/// A visitor's client, of which none of the slow connections is.
const VISITOR: usize = 1_000;
/// How long they go on: twice as long as the longest limit, which is that of writing.
const GO_ON_FOR: Duration = Duration::from_mins(1);
/// Between two bytes.
const PAUSE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_connections_end_and_visitors_are_answered_throughout() {
    with_many_files();
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(&folder.path().join("data"), free_address(), &[]);
    let address = server.address;
    let asset = script_of(&ask(address, VISITOR, &get_sign_in(address)).await);
    let mut slow = Vec::new();
    for number in 0..CONNECTIONS {
        let (stream, asset) = (connect(address, number % CLIENTS).await, asset.clone());
        slow.push(tokio::spawn(async move {
            let ended = match number % 3 {
                0 => {
                    drip(stream, format!("GET /sign-in HTTP/1.1\r\nHost: {}\r\nX-Long: ", host(address)))
                        .await
                }
                1 => drip(stream, post(address)).await,
                _ => read_nothing(stream, address, &asset).await,
            };
            (number % 3, ended)
        }));
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let looking = tokio::spawn(look(address, Arc::clone(&is_over)));
    let mut ended = [0; 3];
    for slow in slow {
        let (kind, is_ended) = slow.await.unwrap();
        ended[kind] += usize::from(is_ended);
    }
    is_over.store(true, Ordering::SeqCst);
    assert_eq!(ended, [167, 167, 166], "head, body, reading");
    assert!(looking.await.unwrap() > 100);
}

/// Loads the sign-in page repeatedly, which must always succeed. Returns how many times.
async fn look(server: SocketAddr, is_over: Arc<AtomicBool>) -> usize {
    let mut looks = 0;
    // A visitor, not another flood.
    let mut ticks = interval(PAUSE / 20);
    while !is_over.load(Ordering::SeqCst) {
        let page = ask(server, VISITOR, &get_sign_in(server)).await;
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        looks += 1;
        ticks.tick().await;
    }
    looks
}

fn post(server: SocketAddr) -> String {
    let (host, kind) = (host(server), "application/x-www-form-urlencoded");
    let origin = format!("Origin: http://{host}");
    format!(
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\n{origin}\r\nContent-Type: {kind}\r\nContent-Length: 9000\r\n\r\n"
    )
}

/// Sends a beginning, then a byte at a time. Whether the server ended the connection.
async fn drip(mut stream: TcpStream, beginning: String) -> bool {
    stream.write_all(beginning.as_bytes()).await.unwrap();
    let (mut from, mut to) = stream.split();
    let dripping = async {
        let mut pace = interval(PAUSE);
        while to.write_all(b"x").await.is_ok() {
            pace.tick().await;
        }
    };
    let ended = async {
        let mut answer = Vec::new();
        // A reset ends it too.
        let _ = from.read_to_end(&mut answer).await;
    };
    let either = async {
        tokio::select! {
            () = dripping => {}
            () = ended => {}
        }
    };
    timeout(GO_ON_FOR, either).await.is_ok()
}

/// Requests far more than fits into the buffers of a connection, and reads nothing of it. Whether the server
/// ended the connection.
async fn read_nothing(mut stream: TcpStream, server: SocketAddr, asset: &str) -> bool {
    let request = get(server, asset).replace("Connection: close\r\n", "");
    let requests = request.repeat(400);
    let asking = async {
        // The server stops reading long before the last one.
        while stream.write_all(requests.as_bytes()).await.is_ok() {}
    };
    timeout(GO_ON_FOR, asking).await.is_ok()
}

/// The path of the script of a page.
fn script_of(page: &str) -> String {
    let (_, rest) = page.split_once("<script src=\"").unwrap_or_else(|| panic!("{page}"));
    rest.split('"').next().unwrap().to_owned()
}
