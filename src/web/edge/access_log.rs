//! One log line per request.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use percent_encoding::{CONTROLS, utf8_percent_encode};
use poem::http::{Method, StatusCode};

use crate::path::{API, LINK};
use crate::web::house::OF_REQUESTS;
use crate::web::ip;

/// None of our paths is longer. Longer ones are cut, or anyone could fill the disk with them.
const LONGEST_PATH_BYTES: usize = 120;

/// Every token has at least this many bytes, and no segment of our own paths has.
const TOKEN_BYTES: usize = 40;

/// The length of an emailed code.
const CODE_DIGITS: usize = 6;

/// Writes the line for a request, once its response is known.
pub(super) fn write(
    method: &Method,
    path: &str,
    status: StatusCode,
    took: Duration,
    (ip, request_id): (IpAddr, &str),
) {
    tracing::info!(
        target: OF_REQUESTS,
        method = %named(method),
        path = %masked(path),
        status = status.as_u16(),
        took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        client.ip = %ip::text(ip),
        request.id = request_id,
        "request"
    );
}

/// The name of a known method. An invented one could be very long and contain anything, so it is logged
/// as `other`.
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

/// What a client sent, bounded and printable, for the line about a refusal: an invented Host or Origin could
/// be very long, and a line break in it would look like another line of the log.
pub(super) fn bounded(bytes: &[u8]) -> String {
    let cut = if bytes.len() > LONGEST_PATH_BYTES { "…" } else { "" };
    format!("\"{}{cut}\"", bytes[..bytes.len().min(LONGEST_PATH_BYTES)].escape_ascii())
}

/// How a head began that cannot be read: method and path, if there are any.
pub(super) fn began(head: &[u8]) -> String {
    let line = head.split(|byte| *byte == b'\r' || *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    let method = Method::from_bytes(method.as_bytes()).map_or("other", |method| named(&method));
    format!("{method} {}", masked(path).escape_debug())
}

/// The path without secrets and addresses, so that reading the log is not enough to sign in. Anything
/// that looks like a token, a code or an email address is removed from every path, because a link
/// mangled in transit may arrive at the wrong one.
///
/// Anything but visible ASCII is percent-encoded. Some programs that show logs take a NEL (U+0085) or U+2028 for
/// the end of a line, so someone could forge a line with them, or turn the text around with U+202E.
pub(super) fn masked(path: &str) -> Cow<'_, str> {
    let path: Cow<'_, str> = utf8_percent_encode(path, CONTROLS).into();
    let api = if path.starts_with(API) { API } else { "" };
    if path[api.len()..].starts_with(LINK) {
        return format!("{api}{LINK}…").into();
    }
    if path.len() <= LONGEST_PATH_BYTES && path.split('/').all(is_harmless) {
        return path;
    }
    let segments = path.split('/').map(|segment| if is_harmless(segment) { segment } else { "…" });
    let mut masked = segments.collect::<Vec<_>>().join("/");
    if masked.len() > LONGEST_PATH_BYTES {
        masked.truncate(masked.floor_char_boundary(LONGEST_PATH_BYTES));
        masked.push('…');
    }
    masked.into()
}

fn is_harmless(segment: &str) -> bool {
    let is_code = segment.len() == CODE_DIGITS && segment.bytes().all(|byte| byte.is_ascii_digit());
    segment.len() < TOKEN_BYTES && !is_code && !segment.contains('@') && !segment.contains("%40")
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_logged_path_contains_no_token_code_or_address() {
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
            ("/b\u{fc}cher\u{85}\u{202e}x".into(), "/b%C3%BCcher%C2%85%E2%80%AEx"),
        ] {
            assert_eq!(masked(&path), logged);
        }
        assert!(masked(&"/long".repeat(1000)).len() < 130);
    }
}
