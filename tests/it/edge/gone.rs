//! Clients that end their side of a connection, or leave, while their request is at work.

use std::time::Duration;

use gatepost::web::edge::{EdgeSettings, Listen};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::server::{HOST, PATIENCE, Server, body, read_to_end, start, start_at, with_limits};

/// Each connection is checked eight times as often.
const SHORT: Duration = Duration::from_millis(160);

fn often_checked() -> EdgeSettings {
    with_limits(|limits| limits.head = SHORT)
}

/// Sends a request whose handler waits.
async fn hold(server: &Server, socket: &mut (impl AsyncWrite + Unpin)) {
    socket.write_all(format!("GET /hold HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    timeout(PATIENCE, server.probe.held.notified()).await.unwrap();
}

/// Returns when every connection has been checked several times.
async fn is_checked(mut other: impl AsyncRead + AsyncWrite + Unpin) {
    other.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    assert_eq!(read_to_end(&mut other).await, "");
}

#[tokio::test]
async fn a_client_that_ends_its_side_after_the_request_is_answered() {
    let server = start(often_checked());
    let mut socket = server.connect().await;
    hold(&server, &mut socket).await;
    socket.shutdown().await.unwrap();
    is_checked(server.connect().await).await;
    server.probe.release.notify_one();
    assert_eq!(body(&read_to_end(&mut socket).await), "held");
}

#[tokio::test]
async fn the_work_for_a_client_that_resets_its_connection_is_cancelled() {
    let server = start(often_checked());
    for ends_its_side in [false, true] {
        let mut socket = server.connect().await;
        hold(&server, &mut socket).await;
        if ends_its_side {
            socket.shutdown().await.unwrap();
        }
        // Closing a socket resets the connection if it may not linger.
        SockRef::from(&socket).set_linger(Some(Duration::ZERO)).unwrap();
        drop(socket);
        timeout(PATIENCE, server.probe.hold_ended.notified()).await.expect("the handler still runs");
    }
}

#[tokio::test]
async fn at_a_socket_file_too_a_client_may_end_its_side_and_is_missed_when_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatepost.sock");
    let server = start_at(&Listen::parse(&format!("unix:{}", path.display())).unwrap(), often_checked());
    let mut socket = UnixStream::connect(&path).await.unwrap();
    hold(&server, &mut socket).await;
    socket.shutdown().await.unwrap();
    is_checked(UnixStream::connect(&path).await.unwrap()).await;
    server.probe.release.notify_one();
    assert_eq!(body(&read_to_end(&mut socket).await), "held");
    timeout(PATIENCE, server.probe.hold_ended.notified()).await.unwrap();

    let mut socket = UnixStream::connect(&path).await.unwrap();
    hold(&server, &mut socket).await;
    drop(socket);
    timeout(PATIENCE, server.probe.hold_ended.notified()).await.expect("the handler still runs");
}
