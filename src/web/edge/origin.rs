//! Only our own pages may send unsafe requests to our pages.

use poem::Request;
use poem::http::HeaderMap;
use poem::http::header::{HeaderValue, ORIGIN};

use crate::path::Origin;
use crate::web::Door;
use crate::web::problem::{Code, Problem};

/// Refuses an unsafe request that was not sent by a page of ours.
///
/// A stranger's page can make a browser post a form to us, with the person's cookies (CSRF); it
/// cannot make it say that the form is ours. `Origin: null` is what a sandboxed or redirected form
/// says, and is refused like any other. The JSON door reads no cookies, and needs no such rule.
pub(super) fn check(request: &Request, public_url: &Origin) -> Result<(), Problem> {
    if request.method().is_safe() || Door::of(request.uri().path()) == Door::Json {
        return Ok(());
    }
    let origin = told(request.headers(), ORIGIN.as_str(), &public_url.to_string());
    let site = told(request.headers(), "sec-fetch-site", "same-origin");
    match (origin, site) {
        (Told::Wrong, _) | (_, Told::Wrong) | (Told::Nothing, Told::Nothing) => {
            Err(Problem::of(Code::CrossSite))
        }
        _ => Ok(()),
    }
}

enum Told {
    Nothing,
    Right,
    Wrong,
}

fn told(headers: &HeaderMap, name: &str, right: &str) -> Told {
    let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    match (values.next(), values.next()) {
        (None, _) => Told::Nothing,
        (Some(value), None) if value == right.as_bytes() => Told::Right,
        _ => Told::Wrong,
    }
}
