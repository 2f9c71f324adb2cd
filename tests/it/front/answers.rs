//! What a person, htmx and a program get that are signed out, or may not open an app.

use hyper::Method;

use super::browser::{Browser, HTML, opening};
use super::{ANN, TWO, WIKI, in_front_of};
use crate::harness::http::Reply;

/// An answer to a program: nothing that it could follow, and nothing to keep.
#[track_caller]
fn for_program(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status.as_u16(), status, "{reply:?}");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    assert_eq!(reply.json()["code"], code);
    for name in ["location", "set-cookie", "hx-redirect", "www-authenticate"] {
        assert_eq!(reply.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn programs_get_a_refusal_and_never_a_redirect() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::new(&app);
    let url = format!("{WIKI}/page");
    for (method, headers) in [
        (Method::GET, &[][..]),
        (Method::GET, &[("accept", "*/*")]),
        (Method::GET, &[("accept", "application/json")]),
        (Method::GET, &[("accept", "text/event-stream"), ("sec-fetch-mode", "cors")]),
        (Method::GET, &[("accept", HTML), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]),
        (
            Method::GET,
            &[("accept", "image/avif,*/*"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
        ),
        (Method::GET, &[("accept", "text/htmlx")]),
        (Method::POST, &[("accept", "*/*")]),
        (Method::POST, &[]),
        (Method::from_bytes(b"PROPFIND").unwrap(), &[("accept", "*/*")]),
        (Method::CONNECT, &[("accept", HTML)]),
        (Method::OPTIONS, &[("accept", HTML)]),
        (Method::GET, &[("if-none-match", "\"x\""), ("range", "bytes=0-1"), ("expect", "100-continue")]),
        (Method::GET, &[("sec-websocket-key", "x"), ("accept", "*/*")]),
    ] {
        let reply = browser.send(method.clone(), &url, headers).await;
        for_program(&reply, 401, "sign_in_required");
        assert_eq!(reply.json()["sign_in"], "/.gatepost/start", "{method} {headers:?}");
    }
}

#[tokio::test]
async fn htmx_is_told_to_open_the_sign_in_in_the_whole_window() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::new(&app);
    for (method, current, next) in [
        (Method::GET, "https://wiki.example.org/page?a=1&b=//c", "%2Fpage%3Fa%3D1%26b%3D%2F%2Fc"),
        (Method::POST, "https://wiki.example.org/", "%2F"),
        (Method::GET, "https://evil.example/page", "%2F"),
        (Method::GET, "https://wiki.example.org.evil.example/page", "%2F"),
        (Method::GET, "https://wiki.example.org//evil.example", "%2F"),
        (Method::GET, "https://wiki.example.org@evil.example/", "%2F"),
        (Method::GET, "", "%2F"),
    ] {
        let headers = [("hx-request", "true"), ("hx-current-url", current), ("accept", "*/*")];
        let reply = browser.send(method, &format!("{WIKI}/part"), &headers).await;
        assert_eq!((reply.status.as_u16(), reply.json()["code"].as_str()), (401, Some("sign_in_required")));
        let start = format!("{WIKI}/.gatepost/start?next={next}");
        assert_eq!(reply.header("hx-redirect"), Some(start.as_str()), "{current}");
        assert_eq!(reply.header("set-cookie"), None);
    }
    let headers = [("hx-request", "true"), ("hx-current-url", "https://wiki.example.org/page?a=1")];
    let reply = browser.send(Method::GET, &format!("{WIKI}/part"), &headers).await;
    let (page, _) = browser.open(reply.header("hx-redirect").unwrap(), "same-origin").await;
    assert_eq!(browser.sign_in(&app, &page, ANN).await.0, format!("{WIKI}/page?a=1"));
}

#[tokio::test]
async fn a_form_is_not_redirected_because_its_input_would_be_lost() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::new(&app);
    let mut headers = opening("same-origin");
    headers.push(("transfer-encoding-of-the-form", "chunked"));
    let reply = browser.send(Method::POST, &format!("{WIKI}/save"), &headers).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (401, None));
    assert_eq!(reply.header("set-cookie"), None);
    assert!(reply.body.contains("href=\"/.gatepost/start\" target=\"_blank\""), "{}", reply.body);
}

#[tokio::test]
async fn a_frame_gets_a_small_page_that_leads_out_of_it() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::new(&app);
    let headers = [("accept", HTML), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
    let reply = browser.send(Method::GET, &format!("{WIKI}/part"), &headers).await;
    assert_eq!((reply.status.as_u16(), reply.header("set-cookie")), (401, None));
    assert!(reply.body.contains("href=\"/.gatepost/start?next=%2Fpart\" target=\"_top\""), "{}", reply.body);
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'self'"), "{policy}");
}

#[tokio::test]
async fn someone_who_may_not_open_an_app_is_never_redirected() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    browser.passes(&format!("{WIKI}/page")).await;
    super::put_in_front(&app, &TWO.replace("\"*\"", "\"bob@example.net\""));
    let url = format!("{WIKI}/page?a=1");
    let page = browser.send(Method::GET, &url, &opening("none")).await;
    assert_eq!((page.status.as_u16(), page.header("x-problem")), (403, Some("not_allowed")));
    assert!(page.body.contains("ann@example.org may not open wiki.example.org"), "{}", page.body);
    assert!(page.body.contains("/.gatepost/start?next=%2Fpage%3Fa%3D1"), "{}", page.body);
    assert_eq!(page.header("location"), None);
    for headers in [&[("hx-request", "true")][..], &[("accept", "*/*")], &[("sec-fetch-mode", "cors")]] {
        for_program(&browser.send(Method::GET, &url, headers).await, 403, "not_allowed");
    }
}

#[tokio::test]
async fn a_preflight_passes_only_where_it_is_configured() {
    let app = in_front_of(TWO).await;
    let mut browser = Browser::signed_in(&app, ANN).await;
    let asks = [("origin", "https://other.example"), ("access-control-request-method", "PUT")];
    let url = format!("{WIKI}/api");
    for_program(&browser.send(Method::OPTIONS, &url, &asks).await, 401, "sign_in_required");
    browser.passes(&format!("{WIKI}/")).await;
    super::put_in_front(&app, &TWO.replace("name = \"Wiki\"", "preflight = true"));
    let reply = browser.send(Method::OPTIONS, &url, &asks).await;
    assert_eq!((reply.status.as_u16(), reply.header("remote-user")), (204, Some("")));
    let mut stranger = Browser::new(&app);
    assert_eq!(stranger.send(Method::OPTIONS, &url, &asks).await.status, 204);
    for headers in [&asks[..1], &asks[1..], &[]] {
        for_program(&stranger.send(Method::OPTIONS, &url, headers).await, 401, "sign_in_required");
    }
    assert_eq!(stranger.send(Method::GET, &url, &asks).await.status, 401);
}
