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

#[tokio::test]
async fn a_request_is_logged_in_one_line_without_secrets() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
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

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let requests: Vec<&str> = log.lines().filter(|line| line.contains("took_ms")).collect();
    assert_eq!(requests.len(), 2, "{log}");
    for part in ["method=GET", "path=/link/…", "status=200", header(&response, "x-request-id").unwrap()] {
        assert!(requests[0].contains(part), "{part} is missing: {log}");
    }
    for secret in [token, "query-secret", "crumb", "bearer-secret"] {
        assert!(!log.contains(secret), "{secret} was logged: {log}");
    }
}
