//! Whether a request came straight to us, or through somebody else's hands.

use poem::http::{HeaderName, Version};
use poem::{Addr, Request};

/// Whether nothing stands between the client and us, as far as the request tells.
///
/// The mailbox shows every secret there is, to whoever reaches this port. A server that listens on
/// loopback can still be published by a proxy or a tunnel on the same host; each of them says so in
/// one of these headers, or speaks HTTP/1.0 as nginx does.
#[must_use]
pub fn came_direct(request: &Request) -> bool {
    let tells_of_a_proxy = |name: &HeaderName| {
        let name = name.as_str();
        matches!(name, "forwarded" | "x-real-ip" | "via") || name.starts_with("x-forwarded-")
    };
    // Whoever speaks through a socket file is a proxy, whatever it says.
    let is_unix = matches!(request.remote_addr().0, Addr::Unix(_));
    !is_unix && request.version() >= Version::HTTP_11 && !request.headers().keys().any(tells_of_a_proxy)
}

#[cfg(test)]
mod tests {
    use super::came_direct;
    use poem::Request;
    use poem::http::Version;

    #[test]
    fn every_mark_of_a_proxy_is_seen() {
        assert!(came_direct(&Request::builder().header("accept", "text/html").finish()));
        for header in ["Forwarded", "X-Forwarded-For", "X-Forwarded-Anything", "X-Real-IP", "Via"] {
            assert!(!came_direct(&Request::builder().header(header, "").finish()), "{header}");
        }
        assert!(!came_direct(&Request::builder().version(Version::HTTP_10).finish()));
    }
}
