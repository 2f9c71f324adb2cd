//! The headers of every response, errors included.

use poem::Response;
use poem::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use poem::http::{HeaderMap, StatusCode};

use crate::path::{ASSETS, LINK, MAILBOX, Scheme};
use crate::web::forward_auth;

// Values that are constants are checked when this is compiled, and not for each response.

/// Only our own files, forms only to this server, no framing. No inline scripts or styles and no eval, so
/// that markup injected by an attacker has no effect.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// The page of an email shows its HTML part in a frame.
const POLICY_WITH_FRAME: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; frame-src 'self'",
);

/// The HTML part of an email. Its styles are inline, and its links open in a tab of their own; it can do
/// nothing else.
const POLICY_OF_LETTER: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; \
    sandbox allow-popups allow-popups-to-escape-sandbox",
);

/// Browser features that none of our pages uses.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), \
    encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), \
    microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()",
);

/// Two years. Only for this host: other hosts of the domain are not ours to decide about.
const TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=63072000");

const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const STRICT_ORIGIN: HeaderValue = HeaderValue::from_static("strict-origin");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

const ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("cross-origin-opener-policy"), SAME_ORIGIN),
    (HeaderName::from_static("cross-origin-resource-policy"), SAME_ORIGIN),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// Identifies a response in the log, so that a person can report it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sets the headers. They replace whatever a handler set, except the caching of an asset, and the referrer
/// policy of a page that sends none at all.
pub(super) fn put(response: &mut Response, path: &str, scheme: Scheme, request_id: &str) {
    let policy = policy(path, response.status());
    let headers = response.headers_mut();
    headers.reserve(ALWAYS.len() + 5);
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    headers.entry(REFERRER_POLICY).or_insert(referrer_policy(path));
    if scheme == Scheme::Https {
        headers.insert(STRICT_TRANSPORT_SECURITY, TRANSPORT);
    }
    if !is_cached_asset(path, headers) {
        headers.insert(CACHE_CONTROL, NO_STORE);
    }
    forward_auth::name_no_one(path, headers);
    let request_id = HeaderValue::from_str(request_id).expect("a request id is hexadecimal");
    headers.insert(REQUEST_ID, request_id);
}

/// A refusal at the path of an email is a page like any other.
fn policy(path: &str, status: StatusCode) -> HeaderValue {
    match path.strip_prefix(MAILBOX).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) if status.is_success() && rest.ends_with("/html") => POLICY_OF_LETTER,
        Some(_) if status.is_success() => POLICY_WITH_FRAME,
        _ => POLICY,
    }
}

/// The path of a link contains a token, so it is not sent even to our own pages. With `no-referrer`,
/// browsers would send `Origin: null` with the page's form.
fn referrer_policy(path: &str) -> HeaderValue {
    if path.starts_with(LINK) { STRICT_ORIGIN } else { SAME_ORIGIN }
}

fn is_cached_asset(path: &str, headers: &HeaderMap) -> bool {
    path.starts_with(ASSETS) && headers.contains_key(CACHE_CONTROL)
}
