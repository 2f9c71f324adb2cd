//! What a browser keeps for us.

use std::time::Duration;

use poem::Response;
use poem::http::header::{COOKIE, SET_COOKIE};
use poem::http::{HeaderMap, HeaderValue};

use crate::path::Scheme;
use crate::web::Site;

/// The cookies of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cookie {
    /// The token of the session.
    Session,
    /// Up to four request tokens, newest first.
    Request,
    /// What to tell on the next page.
    Notice,
}

impl Cookie {
    fn name(self, site: &Site) -> String {
        let name = match self {
            Self::Session => "gatepost_session",
            Self::Request => "gatepost_request",
            Self::Notice => "gatepost_notice",
        };
        // The prefix keeps neighbouring hosts from planting a cookie here (SEC-44).
        match site.public_url.scheme() {
            Scheme::Https => format!("__Host-{name}"),
            Scheme::Http => name.to_owned(),
        }
    }

    /// Its value. A name that stands there twice counts as absent: one of the two was planted.
    pub(super) fn read(self, headers: &HeaderMap, site: &Site) -> Option<String> {
        let name = self.name(site);
        let mut values = headers
            .get_all(COOKIE)
            .iter()
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| pair.strip_prefix(b" ").unwrap_or(pair).strip_prefix(name.as_bytes()))
            .filter_map(|rest| rest.strip_prefix(b"="));
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        String::from_utf8(value.to_vec()).ok()
    }

    /// Has the browser keep it.
    pub(super) fn set(self, response: &mut Response, site: &Site, value: &str, max_age: Duration) {
        let secure = match site.public_url.scheme() {
            Scheme::Https => "Secure; ",
            Scheme::Http => "",
        };
        let line = format!(
            "{}={value}; {secure}HttpOnly; SameSite=Lax; Path=/; Max-Age={}",
            self.name(site),
            max_age.as_secs()
        );
        let line = HeaderValue::from_str(&line).expect("tokens and names of ours are plain ASCII");
        response.headers_mut().append(SET_COOKIE, line);
    }

    /// Has the browser forget it.
    pub(super) fn clear(self, response: &mut Response, site: &Site) {
        self.set(response, site, "", Duration::ZERO);
    }
}
