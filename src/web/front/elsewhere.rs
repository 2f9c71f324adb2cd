//! Whether the page of another site acts with someone's cookie.
//!
//! A cookie with `SameSite=Lax` travels between all hosts below one domain. Without this rule, a page of one app could
//! post forms to another one, or open a WebSocket to it, with the identity of whoever looks at it (CSRF).

use poem::http::HeaderMap;
use poem::http::header::{HeaderValue, ORIGIN, UPGRADE};

use super::kind::{FETCH_MODE, one};
use crate::web::apps::{App, CrossSite};

const FETCH_SITE: &str = "sec-fetch-site";
const WEBSOCKET_KEY: &str = "sec-websocket-key";

/// Whether the cookie of a request counts: unless it acts and comes from elsewhere. A program sends neither header, and
/// the page of another site can't read the answer to a GET.
pub(super) fn counts(app: &App, method: &str, headers: &HeaderMap) -> bool {
    !acts(method, headers) || !comes_from_elsewhere(app, headers)
}

/// Whether a request changes something, or opens a connection that can.
fn acts(method: &str, headers: &HeaderMap) -> bool {
    let is_safe = ["GET", "HEAD", "OPTIONS"].contains(&method);
    let is_websocket = headers.contains_key(WEBSOCKET_KEY)
        || headers.contains_key(UPGRADE)
        || one(headers, FETCH_MODE).is_some_and(|mode| mode.eq_ignore_ascii_case("websocket"));
    !is_safe || is_websocket
}

fn comes_from_elsewhere(app: &App, headers: &HeaderMap) -> bool {
    let origins: Vec<&[u8]> = headers.get_all(ORIGIN).iter().map(HeaderValue::as_bytes).collect();
    let is_admitted = match &app.cross_site {
        CrossSite::Any => true,
        // The origin of a sandboxed page is `null`, and any page can be one.
        CrossSite::Only(others) => {
            matches!(origins[..], [origin] if others.iter().any(|other| other.as_bytes() == origin))
        }
    };
    if is_admitted {
        return false;
    }
    let own = app.url.to_string();
    if headers.contains_key(FETCH_SITE) {
        // Browsers set it themselves, over the whole chain of redirects.
        return !one(headers, FETCH_SITE).is_some_and(|site| ["same-origin", "none"].contains(&site));
    }
    origins.iter().any(|origin| *origin != own.as_bytes())
}
