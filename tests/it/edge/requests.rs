//! Which requests are accepted: Host, same origin, methods, paths.

use super::server::{CLOSE, HOST, OURS, body, header, settings, start, status};

#[tokio::test]
async fn a_request_needs_exactly_one_host_and_it_must_be_ours() {
    let mut wide = settings();
    wide.hosts = vec!["id.internal:9000".into()].into();
    let server = start(wide);
    for (target, lines, expected) in [
        ("/", "Host: localhost:8080\r\n", 200),
        ("/", "Host: LOCALHOST:8080\r\n", 200),
        ("/", "", 400),
        ("/", "Host: localhost:8080\r\nHost: localhost:8080\r\n", 400),
        ("/", "Host: localhost:8080\r\nHost: evil.example\r\n", 400),
        ("/", "Host: evil.example\r\n", 421),
        ("/", "Host: localhost\r\n", 421),
        ("/", "Host: localhost:80\r\n", 421),
        ("/", "Host: localhost:08080\r\n", 421),
        ("/", "Host: localhost.:8080\r\n", 421),
        ("/", "Host: localhost:8080, evil.example\r\n", 421),
        ("/", "Host: user@localhost:8080\r\n", 421),
        ("/", "Host:\r\n", 421),
        ("/", "Host: evil.example\r\nX-Forwarded-Host: localhost:8080\r\n", 421),
        ("/", "Host: id.internal:9000\r\n", 421),
        ("/api/nothing", "Host: ID.internal:9000\r\n", 404),
        ("/apix", "Host: id.internal:9000\r\n", 421),
        ("/forward-auth", "Host: id.internal:9000\r\n", 404),
        ("/forward-auth/x", "Host: id.internal:9000\r\n", 421),
        ("/healthz", "Host: 10.0.0.1\r\n", 200),
        ("/healthz", "", 200),
        ("/assets/style.css", "Host: 10.0.0.1\r\n", 200),
        ("/assets/style.css", "", 200),
        ("/api/nothing", "Host: 127.0.0.1:8080\r\n", 421),
        ("/forward-auth", "Host: 127.0.0.1:8080\r\n", 421),
        ("/", "Host: 127.0.0.1:9090\r\n", 421),
        ("/", "Host: 127.0.0.1\r\n", 421),
        ("http://127.0.0.1:8080/", "Host: 127.0.0.1:8080\r\n", 421),
        ("http://localhost:8080/", "Host: localhost:8080\r\n", 200),
        ("http://evil.example/", "Host: localhost:8080\r\n", 421),
        ("http://localhost:8080/", "Host: evil.example\r\n", 421),
        ("http://user@localhost:8080/", "Host: localhost:8080\r\n", 421),
    ] {
        let response = server.say(&format!("GET {target} HTTP/1.1\r\n{lines}{CLOSE}\r\n")).await;
        assert_eq!(status(&response), expected, "{target} {lines:?}");
    }
    let old = server.say("GET / HTTP/1.0\r\n\r\n").await;
    assert!(old.starts_with("HTTP/1.0 400"), "{old}");
}

#[tokio::test]
async fn the_page_for_a_wrong_host_links_to_the_right_one() {
    let server = start(settings());
    let response = server.say("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").await;
    assert!(body(&response).contains("http://localhost:8080"), "{response}");
    assert!(!body(&response).contains("evil"), "{response}");
}

#[tokio::test]
async fn a_page_under_another_name_of_this_machine_leads_to_the_right_one() {
    let server = start(settings());
    for name in
        ["127.0.0.1:8080", "[::1]:8080", "127.7.7.7:8080", "app.localhost:8080", "[::ffff:127.0.0.1]:8080"]
    {
        for method in ["GET", "HEAD"] {
            let head = format!("{method} /who?a=%2F&b=// HTTP/1.1\r\nHost: {name}\r\n{CLOSE}\r\n");
            let response = server.say(&head).await;
            assert_eq!(status(&response), 308, "{response}");
            assert_eq!(header(&response, "location"), Some("http://localhost:8080/who?a=%2F&b=//"));
        }
        let post = format!("POST /echo HTTP/1.1\r\nHost: {name}\r\n{OURS}{CLOSE}Content-Length: 0\r\n\r\n");
        assert_eq!(status(&server.say(&post).await), 421, "a form would lose its fields on the way");
    }
    let mut public = settings();
    public.public_url = gatepost::path::Origin::parse("https://id.example.org").unwrap();
    let server = start(public);
    assert_eq!(status(&server.say(&format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{CLOSE}\r\n")).await), 421);
    for (name, expected) in [
        ("id.example.org", 200),
        ("id.example.org:443", 200),
        ("ID.example.org:443", 200),
        ("id.example.org:80", 421),
        ("id.example.org:0443", 421),
    ] {
        let response = server.say(&format!("GET / HTTP/1.1\r\nHost: {name}\r\n{CLOSE}\r\n")).await;
        assert_eq!(status(&response), expected, "{name}");
    }
}

#[tokio::test]
async fn unsafe_requests_are_accepted_only_from_our_own_pages() {
    let server = start(settings());
    let sites = ["cross-site", "same-site", "none", "same-origin", ""];
    let origins = ["http://localhost:8080", "null", "http://evil.example", "https://localhost:8080", ""];
    for site in sites {
        for origin in origins {
            let mut lines = String::new();
            for (name, value) in [("Sec-Fetch-Site", site), ("Origin", origin)] {
                if !value.is_empty() {
                    lines.extend([name, ": ", value, "\r\n"]);
                }
            }
            let is_ours = matches!(
                (site, origin),
                ("same-origin" | "", "http://localhost:8080") | ("same-origin", "" | "null")
            );
            let response = server.post("/echo", &lines, "x").await;
            assert_eq!(status(&response), if is_ours { 200 } else { 403 }, "{site:?} {origin:?}");
        }
    }
}

#[tokio::test]
async fn an_origin_that_is_repeated_or_malformed_is_refused() {
    let server = start(settings());
    for lines in [
        format!("{OURS}{OURS}"),
        format!("{OURS}Origin: http://evil.example\r\n"),
        "Origin: http://localhost:8080/\r\n".into(),
        "Origin: HTTP://LOCALHOST:8080\r\n".into(),
        "Origin: http://localhost:8080.evil.example\r\n".into(),
        "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n".into(),
        "Referer: http://localhost:8080/sign-in\r\n".into(),
    ] {
        assert_eq!(status(&server.post("/echo", &lines, "x").await), 403, "{lines:?}");
    }
}

#[tokio::test]
async fn safe_requests_and_the_json_door_need_no_origin() {
    let server = start(settings());
    let foreign = "Sec-Fetch-Site: cross-site\r\nOrigin: http://evil.example\r\n";
    assert_eq!(status(&server.get("/", foreign).await), 200);
    assert_eq!(status(&server.post("/api/echo", "", "x").await), 200);
}

#[tokio::test]
async fn a_405_lists_the_methods_that_the_path_accepts() {
    let server = start(settings());
    for (method, path, allow) in [
        ("GET", "/echo", "POST"),
        ("GET", "/api/echo", "POST"),
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/link/abc", "GET, HEAD"),
        ("OPTIONS", "/", "GET, HEAD"),
        ("TRACE", "/", "GET, HEAD"),
        ("BREW", "/", "GET, HEAD"),
        ("TRACE", "/no-such-path", ""),
        ("CONNECT", "localhost:8080", ""),
    ] {
        let response = server.say(&format!("{method} {path} HTTP/1.1\r\n{HOST}{OURS}{CLOSE}\r\n")).await;
        assert_eq!((status(&response), header(&response, "allow")), (405, Some(allow)), "{method} {path}");
    }
    assert_eq!(status(&server.say(&format!("HEAD / HTTP/1.1\r\n{HOST}{CLOSE}\r\n")).await), 200);
}

#[tokio::test]
async fn an_unknown_path_is_not_found_however_it_is_spelled() {
    let server = start(settings());
    for path in ["/nothing", "//", "/who/", "/%2e%2e/", "/..%2fwho", "/link/a/b", "/%00", "/%zz", "/WHO"] {
        assert_eq!(status(&server.get(path, "").await), 404, "{path}");
    }
    let response = server.get("/api/nothing", "").await;
    assert_eq!(header(&response, "content-type"), Some("application/problem+json"));
    assert!(body(&response).contains(r#""code":"not_found""#), "{response}");
}
