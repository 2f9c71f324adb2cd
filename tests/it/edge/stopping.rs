//! Shutting down: requests already received are finished, and nothing else is waited for.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::server::{HOST, PATIENCE, ask_and_keep, body, read_to_end, settings, start, status, with_limits};

#[tokio::test]
async fn a_shutdown_finishes_received_requests_and_closes_other_connections_at_once() {
    let server = start(settings());
    let (mut silent, mut idle, mut partial, mut asking) =
        (server.connect().await, server.connect().await, server.connect().await, server.connect().await);
    ask_and_keep(&mut idle).await;
    ask_and_keep(&mut partial).await;
    partial.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    asking.write_all(format!("GET /hold HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    timeout(PATIENCE, server.probe.held.notified()).await.unwrap();

    server.stop.cancel();
    for socket in [&mut silent, &mut idle, &mut partial] {
        assert_eq!(read_to_end(socket).await, "");
    }
    let refused = TcpStream::connect(server.address.unwrap()).await;
    assert!(refused.is_err(), "a new connection was accepted during the shutdown");
    assert!(!server.task.is_finished(), "the shutdown did not wait for a request in flight");

    server.probe.release.notify_one();
    let response = read_to_end(&mut asking).await;
    assert_eq!((status(&response), body(&response)), (200, "held"));
    drop(asking);
    timeout(PATIENCE, server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_unfinished_request_delays_a_shutdown_only_up_to_the_limit() {
    let server = start(with_limits(|limits| limits.stop = Duration::from_millis(100)));
    let mut asking = server.connect().await;
    asking.write_all(format!("GET /hold HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    timeout(PATIENCE, server.probe.held.notified()).await.unwrap();
    server.stop.cancel();
    timeout(PATIENCE, server.task).await.unwrap().unwrap();
    assert_eq!(read_to_end(&mut asking).await, "");
}
