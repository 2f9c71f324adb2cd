//! Every phase of a connection has a time limit. A test shortens one limit and leaves the others longer
//! than it waits, so that only the limit under test can end the connection.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{interval, timeout};

use super::server::{HOST, OURS, PATIENCE, ask_and_keep, read_head, read_to_end, start, status, with_limits};

const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = start(with_limits(|limits| limits.idle = SHORT));
    assert_eq!(read_to_end(&mut server.connect().await).await, "");
}

#[tokio::test]
async fn a_connection_with_half_a_head_is_closed() {
    let server = start(with_limits(|limits| limits.head = SHORT));
    assert_eq!(server.say("GET / HTTP/1.1\r\nHost: loc").await, "");
}

#[tokio::test]
async fn a_head_sent_byte_by_byte_gains_no_time() {
    let server = start(with_limits(|limits| limits.head = SHORT));
    let (mut reader, mut writer) = server.connect().await.into_split();
    let drip = async {
        let mut ticks = interval(SHORT / 10);
        while writer.write_all(b"x").await.is_ok() {
            ticks.tick().await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        response = read_to_end(&mut reader) => assert_eq!(response, ""),
        () = drip => {}
    }
}

#[tokio::test]
async fn a_body_sent_byte_by_byte_gains_no_time() {
    let server = start(with_limits(|limits| limits.body = SHORT));
    let (mut reader, mut writer) = server.connect().await.into_split();
    let head = format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}Content-Length: 10000\r\n\r\n");
    writer.write_all(head.as_bytes()).await.unwrap();
    let drip = async {
        let mut ticks = interval(SHORT / 10);
        while writer.write_all(b"x").await.is_ok() {
            ticks.tick().await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        response = read_to_end(&mut reader) => assert_eq!(status(&response), 400),
        () = drip => {}
    }
}

#[tokio::test]
async fn a_kept_alive_connection_is_closed_when_idle() {
    let server = start(with_limits(|limits| limits.idle = SHORT));
    let mut socket = server.connect().await;
    ask_and_keep(&mut socket).await;
    assert_eq!(read_to_end(&mut socket).await, "");
}

#[tokio::test]
async fn the_time_limit_of_a_head_does_not_apply_to_an_idle_connection() {
    let server = start(with_limits(|limits| (limits.head, limits.write) = (SHORT, SHORT)));
    let mut socket = server.connect().await;
    ask_and_keep(&mut socket).await;
    // The writing phase must also end after a response without a body.
    socket.write_all(format!("HEAD / HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    assert_eq!(status(&read_head(&mut socket).await), 200);
    let silence = timeout(SHORT * 3, socket.read_u8()).await;
    assert!(silence.is_err(), "the connection was closed between two requests");
    ask_and_keep(&mut socket).await;
}

#[tokio::test]
async fn the_time_limit_of_a_head_applies_to_later_requests_too() {
    let server = start(with_limits(|limits| limits.head = SHORT));
    let mut socket = server.connect().await;
    ask_and_keep(&mut socket).await;
    socket.write_all(b"GET / HT").await.unwrap();
    assert_eq!(read_to_end(&mut socket).await, "");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected() {
    let server = start(with_limits(|limits| limits.write = SHORT));
    let mut socket = server.connect().await;
    socket.write_all(format!("GET /endless HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    timeout(PATIENCE, server.probe.endless_dropped.notified()).await.unwrap();
}

#[tokio::test]
async fn a_request_whose_handler_never_responds_is_given_up() {
    let server = start(with_limits(|limits| limits.work = SHORT));
    assert_eq!(server.get("/hold", "").await, "");
}
