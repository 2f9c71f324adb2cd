//! What every answer says to the browser, errors included.

use poem::Response;
use poem::http::HeaderMap;
use poem::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

use crate::path::{ASSETS, LINK, Scheme};
use crate::web::forward_auth;

/// Nothing but our own files, forms to ourselves alone, in nobody's frame; no inline script, style
/// or eval, so that markup a stranger might smuggle in does nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What no page of ours uses.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), \
    encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), \
    microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()";

/// Two years; the host alone, since we do not speak for its neighbours.
const TRANSPORT: &str = "max-age=63072000";

const ALWAYS: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// The name of an answer, for the log and for who asks what went wrong.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the headers on. They stand whatever a handler set, except the caching of an asset.
pub(super) fn put(response: &mut Response, path: &str, scheme: Scheme, request_id: &str) {
    let headers = response.headers_mut();
    headers.reserve(ALWAYS.len() + 4);
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static(referrer_policy(path)));
    if scheme == Scheme::Https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TRANSPORT));
    }
    if !is_cached_asset(path, headers) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    forward_auth::name_nobody(path, headers);
    let request_id = HeaderValue::from_str(request_id).expect("a request id is hexadecimal");
    headers.insert(REQUEST_ID, request_id);
}

/// A token stands in the path of a link, so not even our own pages are told it. `no-referrer` would
/// make browsers send `Origin: null` with the page's form, which we refuse.
fn referrer_policy(path: &str) -> &'static str {
    if path.starts_with(LINK) { "strict-origin" } else { "same-origin" }
}

fn is_cached_asset(path: &str, headers: &HeaderMap) -> bool {
    path.starts_with(ASSETS) && headers.contains_key(CACHE_CONTROL)
}
