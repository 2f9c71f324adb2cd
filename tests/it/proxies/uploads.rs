//! What is sent reaches the app whole, or not at all.

use super::recipe::Kind;
use super::setup::Front;
use super::{GIT, WIKI};

three_proxies! {
    nothing_that_is_sent_signed_out_reaches_the_app,
    what_is_sent_signed_in_reaches_the_app_whole,
    pages_of_other_sites_cannot_act_with_a_persons_cookie,
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// A body of 1 MB, in chunks.
fn chunks() -> String {
    let chunk = format!("{:x}\r\n{}\r\n", 10_000, "0123456789".repeat(1_000));
    format!("{}0\r\n\r\n", chunk.repeat(100))
}

async fn nothing_that_is_sent_signed_out_reaches_the_app(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let mut browser = front.browser();
    let form = [FORM, "Accept: text/html", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate"];
    let reply = browser.send("POST", &format!("{WIKI}/notes"), &form, "note=long").await;
    assert_eq!((reply.status, reply.header("location")), (401, None), "{reply:?}");
    assert!(reply.body.contains("target=\"_blank\""), "a page that keeps the form: {}", reply.body);
    let head =
        "POST /upload HTTP/1.1\r\nHost: wiki.example.org\r\nConnection: close\r\nTransfer-Encoding: chunked";
    let reply = front.wire.say("wiki.example.org", &format!("{head}\r\n\r\n{}", chunks())).await;
    assert_eq!(reply.status, 401, "{reply:?}");
    front.nothing_reached_the_app("signed out");
}

async fn what_is_sent_signed_in_reaches_the_app_whole(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let mut ann = front.ann().await;
    // Larger than Gatepost accepts for its own pages, and than it would read with a question.
    let body = "0123456789".repeat(20_000);
    for method in ["POST", "PUT", "DELETE"] {
        let reply = ann.send(method, &format!("{WIKI}/notes"), &["Content-Type: text/plain"], &body).await;
        assert_eq!(reply.status, 200, "{}", reply.head);
        let seen = front.app.seen();
        assert!(seen[0].starts_with(&format!("{method} /notes HTTP/1.1\r\n")));
        assert_eq!(seen[0].split_once("\r\n\r\n").unwrap().1, body);
    }
}

/// Also of a sibling below the same domain, which browsers treat as the same site.
async fn pages_of_other_sites_cannot_act_with_a_persons_cookie(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let mut ann = front.ann().await;
    ann.open(&format!("{GIT}/"), "none").await;
    front.app.seen();
    let (wiki, git) = (format!("{WIKI}/act"), format!("{GIT}/act"));
    for lines in [
        &["Sec-Fetch-Site: same-site", "Origin: https://blog.example.org"][..],
        &["Sec-Fetch-Site: cross-site", "Origin: https://evil.example"],
        &["Origin: https://evil.example"],
        &["Origin: null"],
    ] {
        for (method, url) in [("POST", &wiki), ("DELETE", &wiki), ("POST", &git)] {
            let reply = ann.send(method, url, lines, "").await;
            assert_eq!(reply.status, 403, "{method} {url} {lines:?}: {reply:?}");
        }
        let socket = [
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ];
        let lines = [lines, &socket, &["Connection: Upgrade, close"]].concat();
        assert_eq!(ann.get(&wiki, &lines).await.status, 403, "{lines:?}");
    }
    front.nothing_reached_the_app("from elsewhere");
    // From its own pages, from a page that the configuration names, and from a program.
    let acts: [(&str, &[&str]); 3] = [
        (&wiki, &["Sec-Fetch-Site: same-origin", "Origin: https://wiki.example.org"]),
        (&git, &["Sec-Fetch-Site: cross-site", "Origin: https://wiki.example.org"]),
        (&wiki, &[]),
    ];
    for (url, lines) in acts {
        assert_eq!(ann.send("POST", url, lines, "").await.status, 200, "{url} {lines:?}");
    }
    assert_eq!(front.app.seen().len(), 3);
}
