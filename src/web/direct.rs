//! Whether a request came directly to us or through a proxy.

use poem::http::{HeaderName, Version};
use poem::{Addr, Request};

/// Whether the request shows no sign of a proxy between the client and us.
///
/// The mailbox shows every link and code to anyone who can reach this port. A server that listens on
/// loopback can still be published by a proxy or a tunnel on the same host. Those add one of these
/// headers, or use HTTP/1.0 as nginx does.
#[must_use]
pub fn came_direct(request: &Request) -> bool {
    let is_added_by_proxies = |name: &HeaderName| {
        let name = name.as_str();
        matches!(name, "forwarded" | "x-real-ip" | "via") || name.starts_with("x-forwarded-")
    };
    // The peer of a unix socket is always a proxy, whatever its headers say.
    let is_unix = matches!(request.remote_addr().0, Addr::Unix(_));
    !is_unix && request.version() >= Version::HTTP_11 && !request.headers().keys().any(is_added_by_proxies)
}

#[cfg(test)]
mod tests {
    use super::came_direct;
    use poem::Request;
    use poem::http::Version;

    #[test]
    fn every_sign_of_a_proxy_is_recognised() {
        assert!(came_direct(&Request::builder().header("accept", "text/html").finish()));
        for header in ["Forwarded", "X-Forwarded-For", "X-Forwarded-Anything", "X-Real-IP", "Via"] {
            assert!(!came_direct(&Request::builder().header(header, "").finish()), "{header}");
        }
        assert!(!came_direct(&Request::builder().version(Version::HTTP_10).finish()));
    }
}
