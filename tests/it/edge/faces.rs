//! Every response has our headers, and every refusal is rendered as ours.

use gatepost::path::Origin;

use super::server::{CLOSE, HOST, OURS, body, header, settings, start, status};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let server = start(settings());
    let responses = [
        server.get("/", "").await,
        server.get("/nothing", "").await,
        server.get("/api/nothing", "").await,
        server.get("/panic", "").await,
        server.get("/fault", "").await,
        server.get("/echo", "").await,
        server.post("/echo", "", "x").await,
        server.post("/echo", OURS, &"x".repeat(20_000)).await,
        server.say(&format!("GET / HTTP/1.1\r\n{CLOSE}\r\n")).await,
        server.say(&format!("GET / HTTP/1.1\r\nHost: evil.example\r\n{CLOSE}\r\n")).await,
    ];
    for response in &responses {
        for (name, value) in [
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(header(response, name), Some(value), "{response}");
        }
        assert!(header(response, "permissions-policy").unwrap().contains("camera=()"));
        assert!(header(response, "x-request-id").is_some(), "{response}");
        assert_eq!(header(response, "strict-transport-security"), None);
        assert_eq!(header(response, "access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_link_page_sends_its_path_to_no_one() {
    let server = start(settings());
    assert_eq!(header(&server.get("/link/abc", "").await, "referrer-policy"), Some("strict-origin"));
}

#[tokio::test]
async fn assets_are_cached_but_their_errors_are_not() {
    let server = start(settings());
    let found = server.get("/assets/style.css", "").await;
    assert_eq!(header(&found, "cache-control"), Some("public, immutable"));
    let missing = server.get("/assets/missing.css", "").await;
    assert_eq!((status(&missing), header(&missing, "cache-control")), (404, Some("no-store")));
}

#[tokio::test]
async fn browsers_are_told_to_keep_using_https() {
    let mut secure = settings();
    secure.public_url = Origin::parse("https://id.example.org").unwrap();
    let server = start(secure);
    let response = server.say(&format!("GET / HTTP/1.1\r\nHost: id.example.org\r\n{CLOSE}\r\n")).await;
    let seconds = header(&response, "strict-transport-security").unwrap().strip_prefix("max-age=").unwrap();
    assert!(seconds.parse::<u64>().unwrap() >= 31_536_000);
}

#[tokio::test]
async fn after_a_panic_the_connection_serves_the_next_request() {
    let server = start(settings());
    let request = format!("GET /panic HTTP/1.1\r\n{HOST}\r\nGET / HTTP/1.1\r\n{HOST}{CLOSE}\r\n");
    let responses = server.say(&request).await;
    assert_eq!(status(&responses), 500);
    assert!(responses.ends_with("home"), "the connection was closed: {responses}");
    assert!(!responses.contains("panics on purpose"), "the panic's message was shown: {responses}");
}

#[tokio::test]
async fn an_internal_error_reveals_no_details() {
    let server = start(settings());
    let response = server.get("/fault", "").await;
    assert_eq!(status(&response), 500);
    assert!(!response.contains("inner secret"), "{response}");
}

#[tokio::test]
async fn a_refusal_is_json_below_api_and_a_page_elsewhere() {
    let server = start(settings());
    for (path, kind) in [
        ("/api", "application/problem+json"),
        ("/api/", "application/problem+json"),
        ("/api/x", "application/problem+json"),
        ("/apix", "text/html; charset=utf-8"),
        ("/x/api", "text/html; charset=utf-8"),
        ("/API/x", "text/html; charset=utf-8"),
    ] {
        let response = server.get(path, "Accept: text/plain\r\n").await;
        assert_eq!((status(&response), header(&response, "content-type")), (404, Some(kind)), "{path}");
        assert!(!body(&response).is_empty());
    }
}
