//! The cookies of the pages.

use poem::Response;
use poem::http::{HeaderValue, header};

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
