//! What a script, a program, htmx or a WebSocket gets.

use super::recipe::Kind;
use super::setup::Front;
use super::{GIT, WIKI};

three_proxies! {
    a_signed_out_program_gets_401_and_is_never_redirected,
    htmx_is_led_to_the_sign_in_page_as_a_whole_window,
    a_websocket_opens_only_for_someone_who_is_signed_in,
    events_arrive_as_they_are_sent,
    a_preflight_passes_only_where_the_app_says_so,
}

async fn a_signed_out_program_gets_401_and_is_never_redirected(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let requests: [(&str, &[&str]); 10] = [
        ("GET", &["Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: same-origin"]),
        ("GET", &["X-Requested-With: XMLHttpRequest", "Accept: application/json"]),
        ("GET", &["Accept: text/event-stream"]),
        ("GET", &["Accept: */*"]),
        ("GET", &[]),
        ("GET", &["Accept: image/avif,*/*;q=0.8", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"]),
        ("GET", &["Accept: text/html", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: serviceworker"]),
        ("PROPFIND", &["Depth: 1"]),
        ("REPORT", &["Accept: text/xml"]),
        ("DELETE", &[]),
    ];
    for (method, lines) in requests {
        let reply = front.stranger(method, "/data", lines).await;
        assert_eq!(reply.status, 401, "{method} {lines:?}: {reply:?}");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{reply:?}");
        assert!(reply.body.contains("\"sign_in_required\""), "{reply:?}");
        assert!(reply.body.contains("\"/.gatepost/start\""), "{reply:?}");
        assert_eq!((reply.header("location"), reply.header("set-cookie")), (None, None), "{lines:?}");
        assert_eq!(reply.header("www-authenticate"), None);
    }
    front.nothing_reached_the_app("signed out");
}

async fn htmx_is_led_to_the_sign_in_page_as_a_whole_window(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    for (method, current, next) in [
        ("GET", "HX-Current-URL: https://wiki.example.org/a?b=1&c=2", "%2Fa%3Fb%3D1%26c%3D2"),
        ("POST", "HX-Current-URL: https://wiki.example.org/a", "%2Fa"),
        ("GET", "HX-Current-URL: https://evil.example/a", "%2F"),
    ] {
        let lines = ["HX-Request: true", "Accept: */*", current];
        let reply = front.stranger(method, "/part", &lines).await;
        assert_eq!((reply.status, reply.header("location")), (401, None), "{reply:?}");
        let place = format!("{WIKI}/.gatepost/start?next={next}");
        assert_eq!(reply.header("hx-redirect"), Some(place.as_str()));
    }
    front.nothing_reached_the_app("signed out");
}

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://wiki.example.org\r\n";

async fn a_websocket_opens_only_for_someone_who_is_signed_in(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let head = format!("GET /socket HTTP/1.1\r\nHost: wiki.example.org\r\n{UPGRADE}");
    let mut refused = front.wire.connect("wiki.example.org").await;
    refused.write(&format!("{head}\r\n")).await;
    let answer = refused.until("\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    front.nothing_reached_the_app("signed out");
    let ann = front.ann().await;
    let mut socket = front.wire.connect("wiki.example.org").await;
    socket.write(&format!("{head}{}\r\n\r\n", ann.cookies("wiki.example.org"))).await;
    let answer = socket.until("\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    socket.write("hello, echo").await;
    socket.until("hello, echo").await;
    socket.write("still there").await;
    socket.until("still there").await;
}

async fn events_arrive_as_they_are_sent(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let ann = front.ann().await;
    let mut stream = front.wire.connect("wiki.example.org").await;
    let cookies = ann.cookies("wiki.example.org");
    stream.write(&format!("GET /events HTTP/1.1\r\nHost: wiki.example.org\r\n{cookies}\r\n\r\n")).await;
    // The app sends no more before this has arrived.
    stream.until("data: one").await;
    front.app.go_on();
    stream.until("data: two").await;
}

async fn a_preflight_passes_only_where_the_app_says_so(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let asks = ["Origin: https://other.example", "Access-Control-Request-Method: PUT"];
    let mut browser = front.browser();
    assert_eq!(browser.send("OPTIONS", &format!("{WIKI}/data"), &asks, "").await.status, 401);
    assert_eq!(browser.send("OPTIONS", &format!("{GIT}/data"), &asks[1..], "").await.status, 401);
    front.nothing_reached_the_app("no preflight that passes");
    let mut forged = asks.to_vec();
    forged.push("Remote-User: mallory");
    assert_eq!(browser.send("OPTIONS", &format!("{GIT}/data"), &forged, "").await.status, 200);
    let seen = front.app.seen();
    assert!(seen[0].starts_with("OPTIONS /data ") && !seen[0].contains("mallory"), "{seen:?}");
}
