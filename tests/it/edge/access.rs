//! One line a request, without secrets.

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
async fn a_request_is_one_line_in_the_log_and_no_secret_in_it() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    // tracing asks the first thread that passes a line of the source whether anybody reads it, and
    // remembers the answer. That thread may be another test's: ask again, from this one.
    let server = start(settings());
    server.get("/", "").await;
    tracing::callsite::rebuild_interest_cache();
    lines.0.lock().unwrap().clear();

    let token = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AB";
    let lines_sent = "Cookie: gatepost_session=crumb\r\nAuthorization: Bearer bearer-secret\r\n";
    let answer = server.get(&format!("/link/{token}?next=/query-secret"), lines_sent).await;
    server.get(&format!("/api/link/{token}"), "").await;

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let requests: Vec<&str> = log.lines().filter(|line| line.contains("took_ms")).collect();
    assert_eq!(requests.len(), 2, "{log}");
    for part in ["method=GET", "path=/link/…", "status=200", header(&answer, "x-request-id").unwrap()] {
        assert!(requests[0].contains(part), "{part} is missing: {log}");
    }
    for secret in [token, "query-secret", "crumb", "bearer-secret"] {
        assert!(!log.contains(secret), "{secret} was logged: {log}");
    }
}
