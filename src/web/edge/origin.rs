//! Only our own pages may send unsafe requests to pages.

use poem::Request;
use poem::http::HeaderMap;
use poem::http::header::{HeaderValue, ORIGIN};

use super::access_log::bounded;
use crate::path::Origin;
use crate::web::house::Door;
use crate::web::problem::{Code, Problem};

/// Which site a request comes from, as the browser sees it.
const SITE: &str = "sec-fetch-site";

/// Refuses an unsafe request that was not sent by one of our pages.
///
/// Another site's page can make a browser post a form to us with the person's cookies (CSRF), but it
/// cannot change the headers that name the sending site. `Origin: null` comes from sandboxed or redirected
/// forms of any site, so it counts only if the browser says itself that the form was ours: some extensions
/// and proxies that hide the referrer make it send that.
pub(super) fn check(request: &Request, public_url: &Origin) -> Result<(), Problem> {
    if request.method().is_safe() || Door::of(request.uri().path()) == Door::Json {
        return Ok(());
    }
    let origin = claim(request.headers(), ORIGIN.as_str(), &public_url.to_string());
    let site = claim(request.headers(), SITE, "same-origin");
    match (origin, site) {
        (Claim::Right, Claim::Right | Claim::Missing) | (Claim::Missing | Claim::Null, Claim::Right) => {
            Ok(())
        }
        _ => {
            let shown = |name: &str| {
                let values: Vec<String> = request
                    .headers()
                    .get_all(name)
                    .iter()
                    .take(2)
                    .map(|value| bounded(value.as_bytes()))
                    .collect();
                if values.is_empty() { "none".to_owned() } else { values.join(", ") }
            };
            let came = format!("Origin {}, Sec-Fetch-Site {}", shown(ORIGIN.as_str()), shown(SITE));
            Err(Problem::of(Code::CrossSite).came(came))
        }
    }
}

enum Claim {
    Missing,
    Null,
    Right,
    Wrong,
}

fn claim(headers: &HeaderMap, name: &str, right: &str) -> Claim {
    let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    match (values.next(), values.next()) {
        (None, _) => Claim::Missing,
        (Some(value), None) if value == right.as_bytes() => Claim::Right,
        (Some(b"null"), None) => Claim::Null,
        _ => Claim::Wrong,
    }
}
