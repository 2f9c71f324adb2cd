//! Bytes that two servers could read as different requests are refused or count as one request.

use tokio::io::AsyncWriteExt;

use super::server::{CLOSE, HOST, OURS, read_to_end, settings, start, status};

#[tokio::test]
async fn an_ambiguous_head_is_refused() {
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
        let response = server.say(&format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}{lines}\r\nx")).await;
        assert_eq!(status(&response), 400, "{lines:?}");
    }
}

#[tokio::test]
async fn a_chunked_body_with_a_content_length_ends_its_connection() {
    let server = start(settings());
    let hidden = format!("GET /who HTTP/1.1\r\n{HOST}\r\n");
    for lines in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    ] {
        let request = format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}{lines}\r\n0\r\n\r\n{hidden}");
        let responses = server.say(&request).await;
        assert_eq!(responses.matches("HTTP/1.1 ").count(), 1, "{responses}");
    }
}

#[tokio::test]
async fn bare_line_feeds_start_no_second_request() {
    let server = start(settings());
    let lines = "GET / HTTP/1.1\nHost: localhost:8080\nConnection: close\n\nGET /who HTTP/1.1\nHost: x\n\n";
    let responses = server.say(lines).await;
    assert_eq!(responses.matches("HTTP/1.1 ").count(), 1, "{responses}");
}

#[tokio::test]
async fn a_refused_body_is_never_read_as_a_request() {
    let server = start(settings());
    let hidden = format!("GET /who HTTP/1.1\r\n{HOST}{CLOSE}\r\n");
    let length = 20_000;
    let padded = format!("{hidden}{}", "x".repeat(length - hidden.len()));
    let request = format!("POST /echo HTTP/1.1\r\n{HOST}{OURS}Content-Length: {length}\r\n\r\n{padded}");
    let responses = server.say(&request).await;
    assert_eq!(responses.matches("HTTP/1.1 ").count(), 1, "{responses}");
    assert_eq!(status(&responses), 413);
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
    let responses = read_to_end(&mut socket).await;
    assert_eq!(status(&responses), 403);
    assert!(!responses.contains(" with "), "the body was read as a request: {responses}");
}

#[tokio::test]
async fn cleartext_http_2_is_not_supported() {
    let server = start(settings());
    let response = server.say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!response.contains("200"), "{response}");
    let lines = "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    assert_eq!(status(&server.get("/", lines).await), 200);
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = start(settings());
    let response = server.get("/", &format!("X-Long: {}\r\n", "x".repeat(40 * 1024))).await;
    assert_eq!(status(&response), 431);
    let response = server.get("/", &"X-Many: x\r\n".repeat(150)).await;
    assert_eq!(status(&response), 431);
    let response = server.get(&format!("/{}", "x".repeat(40 * 1024)), "").await;
    assert!([414, 431].contains(&status(&response)), "{response}");
}
