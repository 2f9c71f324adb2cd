//! Our own paths on the hosts of apps, and the headers of every answer there.

use hyper::{Method, StatusCode};

use super::browser::{Browser, HTML, opening};
use super::{ANN, TWO, WIKI, in_front_of, proxy};
use crate::harness::http::{Way, send};

#[tokio::test]
async fn on_the_host_of_an_app_there_is_nothing_else_of_ours() {
    let app = in_front_of(TWO).await;
    let way = Way::from_proxy(proxy(), app.server);
    for host in ["wiki.example.org", "WIKI.example.org:443"] {
        for path in [
            "/",
            "/sign-in",
            "/profile",
            "/api/session",
            "/healthz",
            "/readyz",
            "/metrics",
            "/assets/x",
            "/enter",
            "/.gatepost/",
            "/.gatepost/check",
            "/.gatepost/start/x",
            "/favicon.ico",
            "/mailbox",
        ] {
            let reply = send(way, Method::GET, path, &[("host", host)], "").await;
            assert_eq!(
                (reply.status, reply.header("x-problem")),
                (StatusCode::NOT_FOUND, Some("not_found")),
                "{path}"
            );
            assert!(!reply.body.contains("/assets/"), "{}", reply.body);
        }
    }
    for host in ["evil.example", "wiki.example.org.", "wiki.example.org:80", "127.0.0.1"] {
        let reply = send(way, Method::GET, "/.gatepost/start", &[("host", host)], "").await;
        assert!(matches!(reply.status.as_u16(), 421 | 308), "{host}: {reply:?}");
    }
    let own = format!("localhost:{}", app.server.port());
    for path in ["/.gatepost/start", "/.gatepost/callback", "/.gatepost/"] {
        let reply = send(way, Method::GET, path, &[("host", own.as_str())], "").await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
    let posted = send(way, Method::POST, "/.gatepost/start", &[("host", "wiki.example.org")], "").await;
    assert_eq!((posted.status, posted.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("GET, HEAD")));
    let two = [("host", "wiki.example.org"), ("host", "wiki.example.org")];
    assert_eq!(send(way, Method::GET, "/.gatepost/start", &two, "").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn every_answer_on_the_host_of_an_app_has_its_headers_and_none_of_a_host_of_ours() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    let mut replies = Vec::new();
    for path in ["/page", "/.gatepost/start", "/.gatepost/callback", "/.gatepost/sign-out", "/.gatepost/x"] {
        for method in [Method::GET, Method::HEAD] {
            for accept in [HTML, "*/*"] {
                let headers = [("accept", accept)];
                replies.push(browser.send(method.clone(), &format!("{WIKI}{path}"), &headers).await);
            }
        }
    }
    browser.passes(&format!("{WIKI}/")).await;
    replies.push(browser.send(Method::GET, &format!("{WIKI}/"), &opening("none")).await);
    replies.push(browser.send(Method::POST, &format!("{WIKI}/"), &[("sec-fetch-site", "same-site")]).await);
    for reply in replies {
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{reply:?}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert!(reply.header("content-security-policy").unwrap().contains("form-action 'self';"));
        for name in [
            "strict-transport-security",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "permissions-policy",
        ] {
            assert_eq!(reply.header(name), None, "{name}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn looking_at_the_head_answers_as_the_page_does() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    for path in ["/page", "/.gatepost/start", "/.gatepost/sign-out", "/.gatepost/callback"] {
        let get = browser.send(Method::GET, &format!("{WIKI}{path}"), &[("accept", HTML)]).await;
        let head = browser.send(Method::HEAD, &format!("{WIKI}{path}"), &[("accept", HTML)]).await;
        assert_eq!((get.status, head.body.as_str()), (head.status, ""), "{path}");
    }
}
