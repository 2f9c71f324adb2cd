//! How large a body may be.

use futures_util::future::select_all;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::connections::connect_from;
use super::server::{
    CLOSE, HOST, OURS, Server, body, header, read_head, read_to_end, settings, start, status, with_limits,
};

#[tokio::test]
async fn a_body_within_its_limit_reaches_the_handler_complete() {
    let server = start(settings());
    let form = "x".repeat(16 * 1024);
    assert_eq!(body(&server.post("/echo", OURS, &form).await), form);
    let json = "x".repeat(64 * 1024);
    assert_eq!(body(&server.post("/api/echo", "", &json).await), json);
}

#[tokio::test]
async fn a_body_one_byte_too_long_is_refused() {
    let server = start(settings());
    let form = "x".repeat(16 * 1024 + 1);
    let response = server.post("/echo", OURS, &form).await;
    assert_eq!((status(&response), header(&response, "connection")), (413, Some("close")));
    let json = "x".repeat(64 * 1024 + 1);
    let response = server.post("/api/echo", "", &json).await;
    assert_eq!(status(&response), 413);
    assert!(body(&response).contains(r#""code":"too_large""#), "{response}");
}

#[tokio::test]
async fn a_content_length_over_the_limit_is_refused_before_the_body_arrives() {
    let server = start(settings());
    for lines in ["", "Expect: 100-continue\r\n"] {
        let head = format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}{lines}Content-Length: 1000000000\r\n\r\n");
        assert_eq!(status(&server.say(&head).await), 413);
    }
}

#[tokio::test]
async fn a_client_can_finish_sending_a_refused_body_without_a_reset() {
    let server = start(settings());
    let length = 8 * 1024 * 1024;
    let head = format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}Content-Length: {length}\r\n\r\n");
    let mut socket = server.connect().await;
    socket.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(status(&read_head(&mut socket).await), 413);
    socket.write_all(&vec![b'x'; length]).await.expect("the connection is not reset");
}

#[tokio::test]
async fn a_chunked_body_is_refused_as_soon_as_it_is_too_long() {
    const ENDLESS_CHUNKS: usize = 10_000;
    let server = start(with_limits(|limits| limits.linger = std::time::Duration::from_millis(100)));
    let (mut reader, mut writer) = server.connect().await.into_split();
    let head = format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}Transfer-Encoding: chunked\r\n\r\n");
    writer.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
    let mut sent = 0;
    let pour = async {
        while sent < ENDLESS_CHUNKS && writer.write_all(chunk.as_bytes()).await.is_ok() {
            sent += 1;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        response = read_head(&mut reader) => assert_eq!(status(&response), 413),
        () = pour => {}
    }
    assert!(sent < ENDLESS_CHUNKS, "the whole body was read first");
}

#[tokio::test]
async fn a_chunked_body_within_the_limit_is_accepted() {
    let server = start(settings());
    let request = format!(
        "POST /echo HTTP/1.1\r\n{HOST}{OURS}{CLOSE}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    );
    let response = server.say(&request).await;
    assert_eq!((status(&response), body(&response)), (200, "abcde"));
}

#[tokio::test]
async fn a_client_that_expects_100_continue_gets_it() {
    let server = start(settings());
    let mut socket = server.connect().await;
    let head = format!(
        "POST /echo HTTP/1.1\r\n{HOST}{OURS}{CLOSE}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(status(&read_head(&mut socket).await), 100);
    socket.write_all(b"abc").await.unwrap();
    assert_eq!(body(&read_to_end(&mut socket).await), "abc");
}

#[tokio::test]
async fn no_method_needs_a_content_length() {
    let server = start(settings());
    assert_eq!(status(&server.get("/", "").await), 200);
    let response = server.say(&format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}{CLOSE}\r\n")).await;
    assert_eq!((status(&response), body(&response)), (200, ""));
}

#[tokio::test]
async fn a_body_cut_off_or_badly_chunked_reaches_no_handler() {
    let server = start(settings());
    let mut socket = server.connect().await;
    let cut = format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}Content-Length: 10\r\n\r\nabc");
    socket.write_all(cut.as_bytes()).await.unwrap();
    socket.shutdown().await.unwrap();
    assert!(!read_to_end(&mut socket).await.contains("200 OK"));

    let bad = format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n");
    assert_eq!(status(&server.say(&bad).await), 400);
}

#[tokio::test]
async fn a_get_is_answered_from_its_head_whatever_body_it_announces() {
    let server = start(settings());
    for lines in ["Content-Length: 5\r\n", "Content-Length: 99999999\r\n", "Transfer-Encoding: chunked\r\n"] {
        for method in ["GET", "HEAD"] {
            let response = server.say(&format!("{method} / HTTP/1.1\r\n{HOST}{lines}\r\n")).await;
            assert_eq!(
                (status(&response), header(&response, "connection")),
                (200, Some("close")),
                "{lines:?}"
            );
        }
    }
    // What follows is never taken for a request of its own.
    let inner = format!("GET /who HTTP/1.1\r\n{HOST}\r\n");
    let length = inner.len();
    let response =
        server.say(&format!("GET / HTTP/1.1\r\n{HOST}Content-Length: {length}\r\n\r\n{inner}")).await;
    assert_eq!(response.matches("HTTP/1.1 ").count(), 1, "{response}");
    let empty = server.say(&format!("GET / HTTP/1.1\r\n{HOST}{CLOSE}Content-Length: 0\r\n\r\n")).await;
    assert_eq!(status(&empty), 200);
}

/// A POST whose body has arrived but for its last byte.
async fn unfinished(server: &Server, source: &str, bytes: usize) -> TcpStream {
    let mut socket = connect_from(server, source).await;
    let length = bytes + 1;
    let head = format!("POST /api/echo HTTP/1.1\r\n{HOST}{CLOSE}Content-Length: {length}\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&vec![b'x'; bytes]).await.unwrap();
    socket
}

/// Waits until one of these requests is answered, and returns the response.
async fn first_answered(sockets: &mut Vec<TcpStream>) -> String {
    let reads = sockets.iter_mut().map(|socket| Box::pin(read_to_end(socket)));
    let (response, index, _) = select_all(reads).await;
    sockets.remove(index);
    response
}

#[tokio::test]
async fn bodies_that_do_not_end_cannot_take_more_memory_than_their_share() {
    const BODY: usize = 50_000;
    // Each counts with its request, which takes memory too.
    const REQUEST: usize = 96 * 1024;
    let server = start(with_limits(|limits| {
        limits.client_bodies_bytes = 2 * (BODY + REQUEST) + 40_000;
        limits.all_bodies_bytes = 3 * (BODY + REQUEST) + 60_000;
    }));
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(unfinished(&server, "127.0.0.1", BODY).await);
    }
    let response = first_answered(&mut open).await;
    assert_eq!((status(&response), header(&response, "retry-after")), (503, Some("1")));
    assert!(body(&response).contains(r#""code":"busy""#), "{response}");
    // Other clients still have room, until all of it is taken.
    for source in ["127.0.0.2", "127.0.0.3"] {
        open.push(unfinished(&server, source, BODY).await);
    }
    assert_eq!(status(&first_answered(&mut open).await), 503);
    // What a client announces costs nothing, and what has been answered is given back.
    let _announced = unfinished(&server, "127.0.0.4", 0).await;
    for mut socket in open {
        socket.write_all(b"x").await.unwrap();
        assert_eq!(status(&read_to_end(&mut socket).await), 200);
    }
    assert_eq!(status(&server.post("/api/echo", "", &"x".repeat(BODY)).await), 200);
}

#[tokio::test]
async fn a_body_that_arrives_whole_takes_only_its_bytes() {
    let server = start(with_limits(|limits| limits.client_bodies_bytes = 2_000));
    assert_eq!(status(&server.post("/api/echo", "", &"x".repeat(1_000)).await), 200);
    let mut slow = unfinished(&server, "127.0.0.1", 1_000).await;
    assert_eq!(status(&read_to_end(&mut slow).await), 503);
}
