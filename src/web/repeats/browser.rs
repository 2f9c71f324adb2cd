//! What tells a browser from others.

use poem::Request;
use poem::http::HeaderMap;

use crate::domain::record::client::Client;
use crate::domain::token::{Mark, Marker};
use crate::web::edge::cookies::{Cookie, Cookies};

/// What a browser sent to say which one it is. The values are secrets: only marks of them are kept.
pub(super) struct Browser {
    visitor: String,
    session: String,
    requests: String,
    /// Its address and its `User-Agent`.
    client: String,
}

impl Browser {
    /// Whether a browser with these cookies can be recognised.
    pub(super) fn has_name(headers: &HeaderMap, cookies: Cookies) -> bool {
        let has = |cookie| cookies.read(headers, cookie).is_some_and(|value| !value.is_empty());
        has(Cookie::Visitor) || has(Cookie::Session)
    }

    /// The browser, if it can be recognised.
    pub(super) fn of(request: &Request, cookies: Cookies) -> Option<Self> {
        let headers = request.headers();
        let read = |cookie| cookies.read(headers, cookie).unwrap_or_default().to_owned();
        let client: &Client = request.extensions().get()?;
        let client = format!("{} {}", client.ip, client.user_agent.as_deref().unwrap_or_default());
        let [visitor, session, requests] = [Cookie::Visitor, Cookie::Session, Cookie::Request].map(read);
        Self::has_name(headers, cookies).then_some(Self { visitor, session, requests, client })
    }

    /// The same browser once it has received a response.
    pub(super) fn after(&self, response: &HeaderMap, cookies: Cookies) -> Self {
        let given = |cookie, before: &String| {
            cookies.given(response, cookie).map_or_else(|| before.clone(), str::to_owned)
        };
        Self {
            visitor: self.visitor.clone(),
            session: given(Cookie::Session, &self.session),
            requests: given(Cookie::Request, &self.requests),
            client: self.client.clone(),
        }
    }

    /// The visitor cookie stays the same for longest.
    pub(super) fn name(&self, marker: &Marker) -> Mark {
        let session = if self.visitor.is_empty() { &self.session } else { "" };
        marker.mark(&[self.visitor.as_bytes(), session.as_bytes(), self.client.as_bytes()])
    }

    pub(super) fn jar(&self, marker: &Marker) -> Mark {
        marker.mark(&[self.session.as_bytes(), self.requests.as_bytes()])
    }

    /// The session token it has, or an empty one, which belongs to no session.
    pub(super) fn session(&self) -> &str {
        &self.session
    }

    pub(super) fn session_mark(&self, marker: &Marker) -> Mark {
        marker.mark(&[self.session.as_bytes()])
    }
}
