//! What only a request that came straight from its sender may see.

use poem::Request;
use poem::http::{Version, header};

/// Whether some proxy passed this request on. The letters of the mailbox sign anybody in, so they
/// are shown on this machine alone: a proxy that was put in front of it opens them to the world.
#[must_use]
pub fn came_through_a_proxy(request: &Request) -> bool {
    let is_mark = |name: &header::HeaderName| {
        let is_named = [header::FORWARDED, header::VIA].contains(name) || name.as_str() == "x-real-ip";
        is_named || name.as_str().starts_with("x-forwarded-")
    };
    // Proxies that say nothing else of themselves speak HTTP/1.0 (nginx as it comes).
    request.version() <= Version::HTTP_10 || request.headers().keys().any(is_mark)
}
