//! Only our own pages may send unsafe requests to pages.

use poem::Request;
use poem::http::HeaderMap;
use poem::http::header::{HeaderValue, ORIGIN};

use crate::path::Origin;
use crate::web::house::Door;
use crate::web::problem::{Code, Problem};

/// Refuses an unsafe request that was not sent by one of our pages.
///
/// Another site's page can make a browser post a form to us with the person's cookies (CSRF), but it
/// cannot change the headers that name the sending site. `Origin: null` comes from sandboxed or
/// redirected forms and is refused too. The JSON door reads no cookies, so it does not need this check.
pub(super) fn check(request: &Request, public_url: &Origin) -> Result<(), Problem> {
    if request.method().is_safe() || Door::of(request.uri().path()) == Door::Json {
        return Ok(());
    }
    let origin = claim(request.headers(), ORIGIN.as_str(), &public_url.to_string());
    let site = claim(request.headers(), "sec-fetch-site", "same-origin");
    match (origin, site) {
        (Claim::Wrong, _) | (_, Claim::Wrong) | (Claim::Missing, Claim::Missing) => {
            Err(Problem::of(Code::CrossSite))
        }
        _ => Ok(()),
    }
}

enum Claim {
    Missing,
    Right,
    Wrong,
}

fn claim(headers: &HeaderMap, name: &str, right: &str) -> Claim {
    let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    match (values.next(), values.next()) {
        (None, _) => Claim::Missing,
        (Some(value), None) if value == right.as_bytes() => Claim::Right,
        _ => Claim::Wrong,
    }
}
