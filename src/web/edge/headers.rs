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

/// The headers that nearly every response has, made once and copied.
pub(super) struct Headers {
    usual: HeaderMap,
}

impl Headers {
    /// The headers of a server that browsers reach over `scheme`.
    pub(super) fn new(scheme: Scheme) -> Self {
        let mut usual = HeaderMap::from_iter(ALWAYS);
        usual.insert(CONTENT_SECURITY_POLICY, POLICY);
        usual.insert(REFERRER_POLICY, SAME_ORIGIN);
        usual.insert(CACHE_CONTROL, NO_STORE);
        if scheme == Scheme::Https {
            usual.insert(STRICT_TRANSPORT_SECURITY, TRANSPORT);
        }
        Self { usual }
    }

    /// Sets the headers. They replace whatever a handler set, except the caching of an asset, and the referrer
    /// policy of a page that sends none at all.
    pub(super) fn put(&self, response: &mut Response, path: &str, request_id: &str) {
        let policy = policy(path, response.status());
        let mut own = std::mem::replace(response.headers_mut(), self.usual.clone());
        let headers = response.headers_mut();
        if let Some(policy) = policy {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        if let Some(referrer) = own.remove(REFERRER_POLICY).or_else(|| referrer_policy(path)) {
            headers.insert(REFERRER_POLICY, referrer);
        }
        if let Some(caching) = own.remove(CACHE_CONTROL).filter(|_| path.starts_with(ASSETS)) {
            headers.insert(CACHE_CONTROL, caching);
        }
        self.add(headers, own);
        forward_auth::name_no_one(path, headers);
        let request_id = HeaderValue::from_str(request_id).expect("a request id is hexadecimal");
        headers.insert(REQUEST_ID, request_id);
    }

    /// Adds those of a handler that are not ours.
    fn add(&self, headers: &mut HeaderMap, own: HeaderMap) {
        let mut last = None;
        for (name, value) in own {
            // A further value of the same name comes without it.
            last = name.or(last);
            if let Some(name) = last.as_ref().filter(|name| !self.usual.contains_key(*name)) {
                headers.append(name.clone(), value);
            }
        }
    }
}

/// The policy of a page that is not like the others. A refusal at the path of an email is.
fn policy(path: &str, status: StatusCode) -> Option<HeaderValue> {
    let rest = path.strip_prefix(MAILBOX)?.strip_prefix('/').filter(|_| status.is_success())?;
    Some(if rest.ends_with("/html") { POLICY_OF_LETTER } else { POLICY_WITH_FRAME })
}

/// The path of a link contains a token, so it is not sent even to our own pages. With `no-referrer`,
/// browsers would send `Origin: null` with the page's form.
fn referrer_policy(path: &str) -> Option<HeaderValue> {
    path.starts_with(LINK).then_some(STRICT_ORIGIN)
}
