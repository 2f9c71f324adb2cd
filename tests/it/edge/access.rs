//! One log line per request, without secrets.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::server::{header, settings, start};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log of what happens in this thread while the guard lives.
fn listen() -> (Lines, impl Drop) {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let logging = tracing::subscriber::set_default(subscriber);
    (lines, logging)
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn a_refused_request_is_logged_with_what_came_bounded_and_escaped() {
    let (lines, _logging) = listen();
    let server = start(settings());
    let filler = "x".repeat(5000);
    let ask = [
        (
            "GET / HTTP/1.1\r\nHost: 192.168.1.5:8080\r\n",
            "wrong_host",
            r#"Host "192.168.1.5:8080" instead of localhost:8080"#,
        ),
        ("GET / HTTP/1.1\r\nHost: r\u{e9}d\r\n", "wrong_host", r#"Host "r\\xc3\\xa9d" instead"#),
        (&format!("GET / HTTP/1.1\r\nHost: {filler}\r\n"), "wrong_host", "xxx…\" instead of localhost:8080"),
        (
            "POST /echo HTTP/1.1\r\nHost: localhost:8080\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n",
            "cross_site",
            r#"Origin "http://evil.example", Sec-Fetch-Site none"#,
        ),
        (
            &format!("GET /link/{filler}{filler}{filler}{filler}{filler}{filler}{filler} HTTP/1.1\r\n"),
            "status=431",
            "GET /link/…",
        ),
        ("GET / HTTP/1.1\r\nHost localhost\r\n", "status=400", "GET /"),
    ];
    for (head, code, wanted) in ask {
        server.say(&format!("{head}Connection: close\r\n\r\n")).await;
        tracing::callsite::rebuild_interest_cache();
        lines.0.lock().unwrap().clear();
        server.say(&format!("{head}Connection: close\r\n\r\n")).await;
        let log = lines.text();
        let warning =
            log.lines().find(|line| line.contains("refused a")).unwrap_or_else(|| panic!("{code}: {log}"));
        let warning = warning.replace("\\\"", "\"");
        assert!(warning.contains(code) && warning.contains(wanted) && warning.len() < 500, "{warning}");
    }
}

#[tokio::test]
async fn a_request_is_logged_in_one_line_without_secrets() {
    let (lines, _logging) = listen();
    // tracing decides once per log statement whether any subscriber wants it, in the first thread that
    // reaches it. That may be another test's thread, so the decision is made again here.
    let server = start(settings());
    server.get("/", "").await;
    tracing::callsite::rebuild_interest_cache();
    lines.0.lock().unwrap().clear();

    let token = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AB";
    let lines_sent = "Cookie: gatepost_session=crumb\r\nAuthorization: Bearer bearer-secret\r\n";
    let response = server.get(&format!("/link/{token}?next=/query-secret"), lines_sent).await;
    server.get(&format!("/api/link/{token}"), "").await;

    let log = lines.text();
    let requests: Vec<&str> = log.lines().filter(|line| line.contains("took_ms")).collect();
    assert_eq!(requests.len(), 2, "{log}");
    for part in ["method=GET", "path=/link/…", "status=200", header(&response, "x-request-id").unwrap()] {
        assert!(requests[0].contains(part), "{part} is missing: {log}");
    }
    for secret in [token, "query-secret", "crumb", "bearer-secret"] {
        assert!(!log.contains(secret), "{secret} was logged: {log}");
    }
}
