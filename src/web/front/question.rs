//! What a proxy asks about: one request to one app.

use std::sync::Arc;

use poem::Request;
use poem::http::HeaderMap;
use poem::http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};

use crate::path::Origin;
use crate::web::apps::App;
use crate::web::edge::FromProxy;
use crate::web::house::Site;
use crate::web::problem::Code;

pub(super) const HOST: &str = "x-forwarded-host";
const PROTO: &str = "x-forwarded-proto";
const METHOD: &str = "x-forwarded-method";
const URI: &str = "x-forwarded-uri";

/// What is asked.
pub(in crate::web) enum Asked {
    /// Who is signed in on our own host, for an app beside us.
    Here,
    /// Whether a request to an app may pass.
    About(Question),
}

/// One request to an app.
pub(in crate::web) struct Question {
    /// The app.
    pub(super) app: Arc<App>,
    /// Its method.
    pub(super) method: String,
    /// Its path and query, as they came.
    pub(super) target: String,
}

/// Reads a question. Only one of our proxies is believed, and each header has to be there exactly once: of two, the
/// proxy may use one and we the other. Nothing else says where the request goes: a client could have written it.
///
/// # Errors
/// `Malformed`; `WrongHost` if it is about no app, or about another one than the recipe was written for; `TooLarge` if
/// a body is announced, which never comes.
pub(in crate::web) fn read(request: &Request, site: &Site) -> Result<Asked, Code> {
    let FromProxy(is_from_proxy) = request.extensions().get().copied().unwrap_or(FromProxy(false));
    let headers = request.headers();
    // The app that the recipe of the proxy was written for.
    let mut wanted = app_parameters(request.uri().query().unwrap_or_default());
    let (wanted, None) = (wanted.next(), wanted.next()) else { return Err(Code::WrongHost) };
    if !is_from_proxy || !headers.contains_key(HOST) {
        return if wanted.is_none() { Ok(Asked::Here) } else { Err(Code::Malformed) };
    }
    let host = only(headers, HOST).filter(|host| !host.contains(',')).ok_or(Code::Malformed)?;
    let Some(app) = site.apps.at(host.as_bytes()) else {
        let is_here = wanted.is_none() && is_named(host, &site.public_url);
        return if is_here { Ok(Asked::Here) } else { Err(Code::WrongHost) };
    };
    // Judged as the one, and sent to the other: the target in absolute form, or a route of the proxy that takes
    // several hosts.
    if wanted.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(app.host())) {
        return Err(Code::WrongHost);
    }
    let scheme = only(headers, PROTO).filter(|scheme| !scheme.contains(',')).ok_or(Code::Malformed)?;
    let method = only(headers, METHOD).filter(|method| is_token(method)).ok_or(Code::Malformed)?;
    let target = only(headers, URI).filter(|target| is_target(target)).ok_or(Code::Malformed)?;
    if format!("{scheme}://{}", app.url.authority()) != app.url.to_string() {
        return Err(Code::WrongHost);
    }
    let announces_body = headers.contains_key(TRANSFER_ENCODING)
        || headers.get_all(CONTENT_LENGTH).iter().any(|length| length.as_bytes() != b"0");
    if announces_body {
        return Err(Code::TooLarge);
    }
    Ok(Asked::About(Question { app: Arc::clone(app), method: method.to_owned(), target: target.to_owned() }))
}

/// The values of `app` in a query.
fn app_parameters(query: &str) -> impl Iterator<Item = String> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(name, _)| name == "app").map(|(_, value)| value.into_owned())
}

/// The value of a header that is there exactly once, in visible ASCII.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let (value, None) = (values.next()?, values.next()) else { return None };
    let is_plain = !value.is_empty() && value.iter().all(u8::is_ascii_graphic);
    std::str::from_utf8(value).ok().filter(|_| is_plain)
}

/// Whether a host is that of an origin, with or without its port written out.
fn is_named(host: &str, origin: &Origin) -> bool {
    let with_port = format!("{}:{}", origin.host(), origin.port());
    host.eq_ignore_ascii_case(origin.authority()) || host.eq_ignore_ascii_case(&with_port)
}

/// The name of a method (RFC 9110, 5.6.2).
fn is_token(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn is_target(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//")
}
