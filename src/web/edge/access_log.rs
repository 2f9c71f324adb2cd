//! One line a request.

use std::net::IpAddr;
use std::time::Duration;

use poem::http::{Method, StatusCode};

use crate::path::{API, LINK};

/// No path of ours is longer; a stranger's would only fill the disk.
const LONGEST_PATH_BYTES: usize = 120;

/// No name of ours is as long as this, and every token is longer.
const TOKEN_BYTES: usize = 40;

/// As many as a mailed code has.
const CODE_DIGITS: usize = 6;

/// Writes the line of a request that was answered.
pub(super) fn write(
    method: &Method,
    path: &str,
    status: StatusCode,
    took: Duration,
    (ip, request_id): (IpAddr, &str),
) {
    tracing::info!(
        method = %named(method),
        path = %masked(path),
        status = status.as_u16(),
        took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        client.ip = %ip,
        request.id = request_id,
        "request"
    );
}

/// A method in a word of ours: an invented one may be as long as a head, and hold anything.
fn named(method: &Method) -> &'static str {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    const NAMES: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    KNOWN.iter().position(|known| known == method).map_or("other", |index| NAMES[index])
}

/// The path without what opens an account or names a person: who reads the log must not be able to
/// sign in. Whatever looks like a token, a code or an address is left out wherever it stands, so that
/// a link that was mangled on its way does not escape by being at the wrong path.
pub(super) fn masked(path: &str) -> String {
    let api = if path.starts_with(API) { API } else { "" };
    if path[api.len()..].starts_with(LINK) {
        return format!("{api}{LINK}…");
    }
    let segments = path.split('/').map(|segment| if tells_nothing(segment) { segment } else { "…" });
    let mut masked = segments.collect::<Vec<_>>().join("/");
    if masked.len() > LONGEST_PATH_BYTES {
        masked.truncate(masked.floor_char_boundary(LONGEST_PATH_BYTES));
        masked.push('…');
    }
    masked
}

fn tells_nothing(segment: &str) -> bool {
    let is_code = segment.len() == CODE_DIGITS && segment.bytes().all(|byte| byte.is_ascii_digit());
    let lower = segment.to_ascii_lowercase();
    segment.len() < TOKEN_BYTES && !is_code && !lower.contains('@') && !lower.contains("%40")
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_logged_path_holds_no_token() {
        let token = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AB";
        for (path, logged) in [
            (format!("/link/{token}"), "/link/…"),
            (format!("/link/{token}/x"), "/link/…"),
            (format!("/api/link/{token}"), "/api/link/…"),
            ("/link/short".into(), "/link/…"),
            (format!("/LINK/{token}"), "/LINK/…"),
            (format!("//link/{token}"), "//link/…"),
            (format!("/{token}="), "/…"),
            ("/x/ann@example.org".into(), "/x/…"),
            ("/x/ann%40example.org".into(), "/x/…"),
            ("/api/code/589972".into(), "/api/code/…"),
            ("/profile/sessions/0123/end".into(), "/profile/sessions/0123/end"),
        ] {
            assert_eq!(masked(&path), logged);
        }
        assert!(masked(&"/long".repeat(1000)).len() < 130);
    }
}
