//! Every answer has our headers, and every refusal our face.

use gatepost::path::Origin;

use super::server::{CLOSE, HOST, OURS, body, header, settings, start, status};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

#[tokio::test]
async fn every_answer_has_the_headers() {
    let server = start(settings());
    let answers = [
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
    for answer in &answers {
        for (name, value) in [
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(header(answer, name), Some(value), "{answer}");
        }
        assert!(header(answer, "permissions-policy").unwrap().contains("camera=()"));
        assert!(header(answer, "x-request-id").is_some(), "{answer}");
        assert_eq!(header(answer, "strict-transport-security"), None);
        assert_eq!(header(answer, "access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_page_of_a_link_sends_no_path_to_anybody() {
    let server = start(settings());
    assert_eq!(header(&server.get("/link/abc", "").await, "referrer-policy"), Some("strict-origin"));
}

#[tokio::test]
async fn assets_are_cached_and_their_errors_are_not() {
    let server = start(settings());
    let found = server.get("/assets/style.css", "").await;
    assert_eq!(header(&found, "cache-control"), Some("public, immutable"));
    let missing = server.get("/assets/missing.css", "").await;
    assert_eq!((status(&missing), header(&missing, "cache-control")), (404, Some("no-store")));
}

#[tokio::test]
async fn https_is_remembered_by_the_browser() {
    let mut secure = settings();
    secure.public_url = Origin::parse("https://id.example.org").unwrap();
    let server = start(secure);
    let answer = server.say(&format!("GET / HTTP/1.1\r\nHost: id.example.org\r\n{CLOSE}\r\n")).await;
    let seconds = header(&answer, "strict-transport-security").unwrap().strip_prefix("max-age=").unwrap();
    assert!(seconds.parse::<u64>().unwrap() >= 31_536_000);
}

#[tokio::test]
async fn a_panic_is_answered_and_the_next_request_is_served() {
    let server = start(settings());
    let request = format!("GET /panic HTTP/1.1\r\n{HOST}\r\nGET / HTTP/1.1\r\n{HOST}{CLOSE}\r\n");
    let answers = server.say(&request).await;
    assert_eq!(status(&answers), 500);
    assert!(answers.ends_with("home"), "the connection did not live on: {answers}");
    assert!(!answers.contains("tests panic"), "the panic's words were told: {answers}");
}

#[tokio::test]
async fn a_fault_tells_nothing_of_itself() {
    let server = start(settings());
    let answer = server.get("/fault", "").await;
    assert_eq!(status(&answer), 500);
    assert!(!answer.contains("inner secret"), "{answer}");
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
        let answer = server.get(path, "Accept: text/plain\r\n").await;
        assert_eq!((status(&answer), header(&answer, "content-type")), (404, Some(kind)), "{path}");
        assert!(!body(&answer).is_empty());
    }
}
