//! Bytes that two servers could read as different requests: refused, or one request and no more.

use tokio::io::AsyncWriteExt;

use super::server::{CLOSE, HOST, OURS, read_to_end, settings, start, status};

#[tokio::test]
async fn a_head_that_can_be_read_two_ways_is_refused() {
    let server = start(settings());
    for lines in [
        "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length: +1\r\n",
        "Content-Length: 1, 2\r\n",
        "Content-Length: -1\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length : 1\r\n",
        "X-Folded: a\r\n b\r\n",
        " X-Led: a\r\n",
        "X-Nul: a\0b\r\n",
        "X-Return: a\rb\r\n",
        "X-\0Name: a\r\n",
    ] {
        let answer = server.say(&format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}{lines}\r\nx")).await;
        assert_eq!(status(&answer), 400, "{lines:?}");
    }
}

#[tokio::test]
async fn a_chunked_body_with_a_length_is_the_last_thing_its_connection_says() {
    let server = start(settings());
    let hidden = format!("GET /who HTTP/1.1\r\n{HOST}\r\n");
    for lines in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    ] {
        let request = format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}{lines}\r\n0\r\n\r\n{hidden}");
        let answers = server.say(&request).await;
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    }
}

#[tokio::test]
async fn bare_line_feeds_make_no_second_request() {
    let server = start(settings());
    let lines = "GET / HTTP/1.1\nHost: localhost:8080\nConnection: close\n\nGET /who HTTP/1.1\nHost: x\n\n";
    let answers = server.say(lines).await;
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
}

#[tokio::test]
async fn a_refused_body_is_never_read_as_a_request() {
    let server = start(settings());
    let hidden = format!("GET /who HTTP/1.1\r\n{HOST}{CLOSE}\r\n");
    let length = 20_000;
    let padded = format!("{hidden}{}", "x".repeat(length - hidden.len()));
    let request = format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}Content-Length: {length}\r\n\r\n{padded}");
    let answers = server.say(&request).await;
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    assert_eq!(status(&answers), 413);
}

#[tokio::test]
async fn a_cross_site_body_is_never_read_as_a_request() {
    let server = start(settings());
    let hidden = format!("GET /who HTTP/1.1\r\n{HOST}{CLOSE}\r\n");
    let length = hidden.len();
    let request = format!("POST /echo HTTP/1.1\r\n{HOST}Content-Length: {length}\r\n\r\n{hidden}");
    let mut socket = server.connect().await;
    socket.write_all(request.as_bytes()).await.unwrap();
    socket.write_all(format!("GET / HTTP/1.1\r\n{HOST}{CLOSE}\r\n").as_bytes()).await.unwrap();
    let answers = read_to_end(&mut socket).await;
    assert_eq!(status(&answers), 403);
    assert!(!answers.contains(" with "), "the body was taken for a request: {answers}");
}

#[tokio::test]
async fn cleartext_http_2_is_not_spoken() {
    let server = start(settings());
    let answer = server.say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!answer.contains("200"), "{answer}");
    let lines = "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    assert_eq!(status(&server.get("/", lines).await), 200);
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = start(settings());
    let answer = server.get("/", &format!("X-Long: {}\r\n", "x".repeat(40 * 1024))).await;
    assert_eq!(status(&answer), 431);
    let answer = server.get("/", &"X-Many: x\r\n".repeat(150)).await;
    assert_eq!(status(&answer), 431);
    let answer = server.get(&format!("/{}", "x".repeat(40 * 1024)), "").await;
    assert!([414, 431].contains(&status(&answer)), "{answer}");
}
