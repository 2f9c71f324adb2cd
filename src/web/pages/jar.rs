//! The cookies of the pages.

use poem::Response;
use poem::http::{HeaderMap, HeaderValue, header};

use crate::web::edge::cookies::Cookies;
use crate::web::house::Site;

/// The cookies, named as the scheme of this server requires.
pub(super) fn cookies(site: &Site) -> Cookies {
    Cookies::new(site.public_url.scheme())
}

/// Makes the browser store a cookie, or delete it.
pub(super) fn put_cookie(response: &mut Response, line: HeaderValue) {
    response.headers_mut().append(header::SET_COOKIE, line);
}

/// Whether a browser keeps cookies, as far as one request shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeepsCookies {
    /// It sent one of ours.
    Yes,
    /// It sent none, and perhaps was never given one.
    Unknown,
    /// It sent a form from a page that gave it a cookie, and not the cookie.
    No,
}

/// Whether a chain of redirects may have begun with a form of ours. Browsers compute this over the whole chain.
pub(super) fn comes_from_ourselves(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter().map(HeaderValue::as_bytes);
    match (sites.next(), sites.next()) {
        (Some(site), None) => ![&b"none"[..], b"same-site", b"cross-site"].contains(&site),
        _ => true,
    }
}
