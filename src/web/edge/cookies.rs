//! Our cookies, whose names and attributes differ between http and https.

use std::time::Duration;

use poem::http::HeaderMap;
use poem::http::header::{COOKIE, HeaderValue, SET_COOKIE};

use crate::path::Scheme;

/// The cookies that a browser keeps for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// The session token.
    Session,
    /// The request tokens, newest first.
    Request,
    /// The notice that the next page shows once.
    Notice,
    /// A random value, by which a form that is sent twice is recognised. Nothing else is kept about it.
    Visitor,
    /// The seals of the accounts that the browser has been signed in to, newest first. Outlives every session.
    Known,
}

impl Cookie {
    const ALL: [Self; 5] = [Self::Session, Self::Request, Self::Notice, Self::Visitor, Self::Known];
}

/// Reads and writes cookies under the names for one scheme.
#[derive(Clone, Copy, Debug)]
pub struct Cookies {
    scheme: Scheme,
}

impl Cookies {
    /// The cookies of a server that browsers reach over `scheme`.
    #[must_use]
    pub fn new(scheme: Scheme) -> Self {
        Self { scheme }
    }

    /// The value of a cookie, as the browser sent it.
    ///
    /// Names are compared byte by byte, after removing only the one space that browsers put before a
    /// name. A name that merely looks like ours (with a tab or a Unicode space in front) can be set by
    /// a neighbouring host despite the `__Host-` prefix. Over http, a neighbour can also set a second
    /// cookie of the same name. We can't know which of the two is ours, so neither counts.
    #[must_use]
    pub fn read(self, headers: &HeaderMap, cookie: Cookie) -> Option<&str> {
        let name = self.name(cookie).as_bytes();
        let mut values = pairs(headers).filter(|(other, _)| *other == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (Some(value), None) => std::str::from_utf8(value).ok(),
            _ => None,
        }
    }

    /// Whether the browser sent any of our cookies, even one that does not count: only a browser that keeps
    /// cookies can.
    #[must_use]
    pub fn has_any(self, headers: &HeaderMap) -> bool {
        pairs(headers)
            .any(|(name, _)| Cookie::ALL.into_iter().any(|cookie| self.name(cookie).as_bytes() == name))
    }

    /// The value that a response gives a cookie: empty if it deletes the cookie, nothing if it leaves it as
    /// it is.
    #[must_use]
    pub fn given(self, response: &HeaderMap, cookie: Cookie) -> Option<&str> {
        let lines = response.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut values = lines.filter_map(|line| line.strip_prefix(self.name(cookie))?.strip_prefix('='));
        values.next_back().map(|value| value.split(';').next().unwrap_or_default())
    }

    /// The `Set-Cookie` that keeps `value` for `max_age`.
    ///
    /// # Panics
    /// If the value has characters that a cookie must not have. Ours never do.
    #[must_use]
    pub fn set(self, cookie: Cookie, value: &str, max_age: Duration) -> HeaderValue {
        // A `;` in the value could add attributes.
        let is_plain = value.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte));
        assert!(is_plain, "cookie values are our own and use only characters allowed in a cookie");
        let (name, secs) = (self.name(cookie), max_age.as_secs());
        let secure = if self.scheme == Scheme::Https { "; Secure" } else { "" };
        let text = format!("{name}={value}; Max-Age={secs}; Path=/{secure}; HttpOnly; SameSite=Lax");
        HeaderValue::try_from(text).expect("a plain value makes a valid header")
    }

    /// The `Set-Cookie` that makes the browser delete the cookie.
    #[must_use]
    pub fn clear(self, cookie: Cookie) -> HeaderValue {
        self.set(cookie, "", Duration::ZERO)
    }

    fn name(self, cookie: Cookie) -> &'static str {
        match (self.scheme, cookie) {
            (Scheme::Https, Cookie::Session) => "__Host-gatepost_session",
            (Scheme::Https, Cookie::Request) => "__Host-gatepost_request",
            (Scheme::Https, Cookie::Notice) => "__Host-gatepost_notice",
            (Scheme::Https, Cookie::Visitor) => "__Host-gatepost_visitor",
            (Scheme::Https, Cookie::Known) => "__Host-gatepost_known",
            (Scheme::Http, Cookie::Session) => "gatepost_session",
            (Scheme::Http, Cookie::Request) => "gatepost_request",
            (Scheme::Http, Cookie::Notice) => "gatepost_notice",
            (Scheme::Http, Cookie::Visitor) => "gatepost_visitor",
            (Scheme::Http, Cookie::Known) => "gatepost_known",
        }
    }
}

/// The names and values of all cookies of a request.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let lines = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    lines.flat_map(|line| line.split(|byte| *byte == b';')).filter_map(|pair| {
        let pair = pair.strip_prefix(b" ").unwrap_or(pair);
        let end = pair.iter().position(|byte| *byte == b'=')?;
        Some((&pair[..end], &pair[end + 1..]))
    })
}
