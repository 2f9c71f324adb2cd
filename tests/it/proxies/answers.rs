//! Every answer of Gatepost is safe where it is shown, and every answer of the app passes as it is.

use super::WIKI;
use super::recipe::Kind;
use super::setup::Front;
use crate::proxy::app::headers_for;

three_proxies! {
    answers_on_the_host_of_an_app_are_kept_by_no_one_and_decide_nothing_for_it,
    signed_out_requests_of_every_form_are_401,
    what_the_app_answers_passes_as_it_is,
}

async fn answers_on_the_host_of_an_app_are_kept_by_no_one_and_decide_nothing_for_it(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let requests: [(&str, &str, &[&str]); 9] = [
        ("GET", "/page", &["Accept: text/html"]),
        ("HEAD", "/page", &["Accept: text/html"]),
        ("GET", "/data", &[]),
        ("POST", "/form", &["Accept: text/html", "Content-Length: 0"]),
        ("GET", "/frame", &["Accept: text/html", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"]),
        ("GET", "/.gatepost/start?next=%2F", &["Accept: text/html"]),
        ("GET", "/.gatepost/callback?token=x", &["Accept: text/html"]),
        ("GET", "/.gatepost/other", &[]),
        ("GET", "/.gatepost/sign-out", &[]),
    ];
    for (method, path, lines) in requests {
        let reply = front.stranger(method, path, lines).await;
        assert!((300..500).contains(&reply.status), "{reply:?}");
        assert_eq!(reply.all("cache-control"), ["no-store"], "{path}: {reply:?}");
        assert_eq!(reply.all("referrer-policy"), ["no-referrer"], "{path}");
        assert_eq!(reply.all("x-content-type-options"), ["nosniff"], "{path}");
        assert!(reply.header("content-security-policy").unwrap().contains("form-action 'self'"), "{path}");
        for name in [
            "strict-transport-security",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "permissions-policy",
        ] {
            assert_eq!(reply.header(name), None, "{path}: {reply:?}");
        }
    }
    front.nothing_reached_the_app("signed out");
}

async fn signed_out_requests_of_every_form_are_401(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let requests: [(&str, &[&str]); 5] = [
        ("HEAD", &[]),
        ("GET", &["If-None-Match: *", "If-Modified-Since: Tue, 01 Dec 2026 00:00:00 GMT"]),
        ("GET", &["If-Match: \"x\"", "If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT"]),
        ("GET", &["Range: bytes=0-1"]),
        ("PUT", &["Expect: 100-continue", "Content-Length: 0"]),
    ];
    for (method, lines) in requests {
        let reply = front.stranger(method, "/x", lines).await;
        assert_eq!(reply.status, 401, "{method} {lines:?}: {reply:?}");
    }
    front.nothing_reached_the_app("signed out");
}

async fn what_the_app_answers_passes_as_it_is(kind: Kind) {
    let Some(front) = Front::start(kind).await else { return };
    let mut ann = front.ann().await;
    for status in [401, 403, 404, 503] {
        let lines = ["Accept: text/html", "Authorization: Basic YW5uOng="];
        let reply = ann.get(&format!("{WIKI}/status/{status}"), &lines).await;
        assert_eq!((reply.status, reply.header("x-app")), (status, Some("yes")), "{reply:?}");
        assert_eq!((reply.header("location"), reply.header("x-request-id")), (None, None), "{reply:?}");
        let seen = front.app.seen().remove(0);
        assert_eq!(headers_for(&seen, "authorization")[0].1, "Basic YW5uOng=");
    }
}
