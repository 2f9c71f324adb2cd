//! Each phase of a connection ends by itself. A test makes one limit small and leaves the others
//! longer than its patience, so that only the limit it names can end the connection.

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
async fn half_a_head_is_not_waited_for() {
    let server = start(with_limits(|limits| limits.head = SHORT));
    assert_eq!(server.say("GET / HTTP/1.1\r\nHost: loc").await, "");
}

#[tokio::test]
async fn a_dripping_head_gains_no_time() {
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
        answer = read_to_end(&mut reader) => assert_eq!(answer, ""),
        () = drip => {}
    }
}

#[tokio::test]
async fn a_dripping_body_gains_no_time() {
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
        answer = read_to_end(&mut reader) => assert_eq!(status(&answer), 400),
        () = drip => {}
    }
}

#[tokio::test]
async fn a_kept_connection_is_closed_when_idle() {
    let server = start(with_limits(|limits| limits.idle = SHORT));
    let mut socket = server.connect().await;
    ask_and_keep(&mut socket).await;
    assert_eq!(read_to_end(&mut socket).await, "");
}

#[tokio::test]
async fn an_idle_connection_is_not_held_to_the_limit_of_a_head() {
    let server = start(with_limits(|limits| (limits.head, limits.write) = (SHORT, SHORT)));
    let mut socket = server.connect().await;
    ask_and_keep(&mut socket).await;
    // An answer without a body must end its writing as well.
    socket.write_all(format!("HEAD / HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    assert_eq!(status(&read_head(&mut socket).await), 200);
    let silence = timeout(SHORT * 3, socket.read_u8()).await;
    assert!(silence.is_err(), "the connection was closed between two requests");
    ask_and_keep(&mut socket).await;
}

#[tokio::test]
async fn a_head_that_came_late_is_still_held_to_its_limit() {
    let server = start(with_limits(|limits| limits.head = SHORT));
    let mut socket = server.connect().await;
    ask_and_keep(&mut socket).await;
    socket.write_all(b"GET / HT").await.unwrap();
    assert_eq!(read_to_end(&mut socket).await, "");
}

#[tokio::test]
async fn a_reader_who_does_not_read_is_dropped() {
    let server = start(with_limits(|limits| limits.write = SHORT));
    let mut socket = server.connect().await;
    socket.write_all(format!("GET /endless HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    timeout(PATIENCE, server.probe.endless_dropped.notified()).await.unwrap();
}

#[tokio::test]
async fn a_handler_that_never_answers_is_given_up() {
    let server = start(with_limits(|limits| limits.work = SHORT));
    assert_eq!(server.get("/hold", "").await, "");
}
