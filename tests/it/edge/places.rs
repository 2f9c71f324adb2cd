//! Which connection ends to make room for the next one.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connections::connect_from;
use super::server::{
    CLOSE, HOST, PATIENCE, Server, ask_and_keep, body, read_head, read_to_end, start, with_limits,
};

#[tokio::test]
async fn connections_without_a_request_make_room_for_the_next_visitor() {
    let server = start(with_limits(|limits| limits.connections = 10));
    let mut silent = Vec::new();
    for number in 0..30 {
        // Three addresses, of which the first has most connections.
        let source = ["127.0.0.5", "127.0.0.5", "127.0.0.6"][number % 3];
        silent.push(connect_from(&server, source).await);
    }
    let mut visitor = connect_from(&server, "127.0.0.9").await;
    ask_and_keep(&mut visitor).await;
    // One that sends a head or a body and never ends it makes room too.
    for _ in 0..20 {
        let mut head = connect_from(&server, "127.0.0.5").await;
        head.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
        let mut body = connect_from(&server, "127.0.0.5").await;
        body.write_all(format!("POST /api/echo HTTP/1.1\r\n{HOST}Content-Length: 9\r\n\r\nx").as_bytes())
            .await
            .unwrap();
        silent.extend([head, body]);
    }
    ask_and_keep(&mut visitor).await;
    ask_and_keep(&mut connect_from(&server, "127.0.0.8").await).await;
}

#[tokio::test]
async fn a_request_at_work_keeps_its_place_and_is_answered() {
    let server = start(with_limits(|limits| limits.connections = 2));
    let mut at_work = Vec::new();
    for _ in 0..2 {
        let mut socket = server.connect().await;
        socket.write_all(format!("GET /hold HTTP/1.1\r\n{HOST}{CLOSE}\r\n").as_bytes()).await.unwrap();
        timeout(PATIENCE, server.probe.held.notified()).await.unwrap();
        at_work.push(socket);
    }
    assert_eq!(server.get("/", "").await, "", "more connections than the limit were served");
    for mut socket in at_work {
        server.probe.release.notify_one();
        assert_eq!(body(&read_to_end(&mut socket).await), "held");
    }
}

#[tokio::test]
async fn the_connections_of_a_trusted_proxy_are_never_ended_to_make_room() {
    let mut settings = with_limits(|limits| limits.connections = 4);
    settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let server = start(settings);
    let mut proxy = server.connect().await;
    ask_and_keep(&mut proxy).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(connect_from(&server, "127.0.0.5").await);
    }
    ask_and_keep(&mut proxy).await;
}

/// Connections from one address, in the order in which the server accepts them.
async fn connect_all(server: &Server, source: &str, count: usize) -> Vec<TcpStream> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(connect_from(server, source).await);
    }
    all
}

/// A new visitor comes and is answered, and this connection has ended for it.
async fn makes_room(server: &Server, source: &str, ended: &mut TcpStream) -> TcpStream {
    let mut visitor = connect_from(server, source).await;
    ask_and_keep(&mut visitor).await;
    assert_eq!(read_to_end(ended).await, "");
    visitor
}

#[tokio::test]
async fn the_client_with_most_connections_loses_the_one_that_was_idle_longest() {
    let server = start(with_limits(|limits| limits.connections = 10));
    let [mut a1, mut a2, mut a3, mut a4] = connect_all(&server, "127.0.0.5", 4).await.try_into().unwrap();
    let [mut b1, mut b2, mut b3] = connect_all(&server, "127.0.0.6", 3).await.try_into().unwrap();
    let [mut c1, mut c2] = connect_all(&server, "127.0.0.7", 2).await.try_into().unwrap();
    // All nine places are taken, and two of the first have been used since, the last one first.
    ask_and_keep(&mut c2).await;
    ask_and_keep(&mut a3).await;
    ask_and_keep(&mut a1).await;
    // Four, three, two: the first client has most.
    let mut visitors = vec![makes_room(&server, "127.0.1.1", &mut a2).await];
    // Three and three: of both, the one that was idle longest.
    visitors.push(makes_room(&server, "127.0.1.2", &mut a4).await);
    visitors.push(makes_room(&server, "127.0.1.3", &mut b1).await);
    // Two, two and two.
    visitors.push(makes_room(&server, "127.0.1.4", &mut b2).await);
    visitors.push(makes_room(&server, "127.0.1.5", &mut c1).await);
    visitors.push(makes_room(&server, "127.0.1.6", &mut a3).await);
    // One each, the visitors included.
    visitors.push(makes_room(&server, "127.0.1.7", &mut b3).await);
    visitors.push(makes_room(&server, "127.0.1.8", &mut c2).await);
    visitors.push(makes_room(&server, "127.0.1.9", &mut a1).await);
    for visitor in &mut visitors {
        ask_and_keep(visitor).await;
    }
}

#[tokio::test]
async fn a_connection_that_was_at_work_when_room_was_needed_can_make_room_later() {
    let server = start(with_limits(|limits| limits.connections = 3));
    let [mut first, mut second, mut third] = connect_all(&server, "127.0.0.5", 3).await.try_into().unwrap();
    ask_and_keep(&mut third).await;
    first.write_all(format!("GET /hold HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    timeout(PATIENCE, server.probe.held.notified()).await.unwrap();
    let mut visitor = makes_room(&server, "127.0.1.1", &mut second).await;
    let mut other = makes_room(&server, "127.0.1.2", &mut third).await;
    server.probe.release.notify_one();
    read_head(&mut first).await;
    let mut held = [0; 4];
    first.read_exact(&mut held).await.unwrap();
    assert_eq!(&held, b"held");
    // Three clients have one connection each, and this one was used last. Then it is one of two.
    let mut again = makes_room(&server, "127.0.0.5", &mut visitor).await;
    let _visitor = makes_room(&server, "127.0.1.3", &mut first).await;
    ask_and_keep(&mut again).await;
    ask_and_keep(&mut other).await;
}
