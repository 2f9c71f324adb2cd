//! The browser that a page is shown to, and what it holds.

use std::time::Duration;

use poem::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use poem::{Request, Response};
use serde::Deserialize;

use super::jar::{cookies, put_cookie};
use super::notice::Notice;
use crate::domain::error::Error;
use crate::domain::mailed::Waiting;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::ids::Nonce;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::session::Live;
use crate::domain::token::{RequestToken, SessionToken};
use crate::web::direct::came_direct;
use crate::web::edge::cookies::Cookie;
use crate::web::house::{House, Site};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{self, Fields};

/// As long as the longest request lasts.
const HELD_FOR: Duration = Duration::from_hours(24);
/// The most requests one browser holds.
const MAX_HELD: usize = 4;
/// Separates request tokens in their cookie. No token contains it.
const SEPARATOR: &str = ".";

/// One request of one browser.
pub(super) struct Visitor {
    /// Its address and device.
    pub(super) client: Client,
    /// The account signed in, and its session.
    pub(super) signed_in: Option<Live>,
    /// The session token it sent, valid or not.
    pub(super) session: Option<String>,
    /// Its requests, newest first.
    pub(super) held: Vec<HeldRequest>,
    /// The requests it waits for, newest first.
    pub(super) waiting: Vec<Waiting>,
    /// The notice to show on its next page.
    pub(super) notice: Option<Notice>,
    /// Whether htmx sent the request and expects a fragment.
    pub(super) is_htmx: bool,
    /// Whether it is a HEAD request, whose page no one will see.
    pub(super) is_head: bool,
    /// Whether it connected directly, without a proxy.
    pub(super) came_direct: bool,
    /// The query of the URL.
    pub(super) query: Query,
    /// The variable part of the path, if it has one.
    pub(super) part: String,
    tokens: Vec<String>,
}

/// What the query of a URL can contain.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Query {
    next: Option<String>,
    /// Which of this browser's requests.
    pub(super) request: Option<String>,
    spent: Option<String>,
}

impl wire::Input for Query {}

impl Query {
    /// Reads the query of a URL. Anything unreadable counts as absent.
    ///
    /// A proxy that cannot percent-encode sends people here with `?next=` and the URL they wanted,
    /// exactly as it came. So if `next` comes first and begins with a literal slash (ours is always
    /// encoded), the rest of the query belongs to it, including `&`, `?` and `%`.
    fn read(query: &str) -> Self {
        let rest = query.strip_prefix("next=").filter(|rest| rest.starts_with('/'));
        match rest {
            Some(next) => Self { next: Some(next.to_owned()), ..Self::default() },
            None => Fields::from_query(query.as_bytes()).and_then(Fields::read).unwrap_or_default(),
        }
    }

    /// Where the person wanted to go.
    pub(super) fn next(&self) -> Option<Next> {
        wire::next(self.next.as_deref())
    }

    /// Whether a waiting tab that asks for its state already shows that the code is dead.
    pub(super) fn shows_spent(&self) -> bool {
        self.spent.is_some()
    }
}

/// Whether htmx sent the request.
pub(super) fn is_htmx(headers: &HeaderMap) -> bool {
    headers.get("hx-request").is_some_and(|value| value == "true")
}

impl Visitor {
    /// Reads the visitor from a request. Anything unreadable counts as absent.
    pub(super) async fn of(request: &Request, house: &House) -> Result<Self, Problem> {
        let headers = request.headers();
        let site = &house.site;
        let jar = cookies(site);
        let session = jar.read(headers, Cookie::Session).map(str::to_owned);
        let signed_in = match &session {
            Some(token) => match house.gatepost.session(token).await {
                Ok(signed_in) => Some(signed_in),
                Err(Error::SignInRequired) => None,
                Err(error) => return Err(error.into()),
            },
            None => None,
        };
        let tokens = jar.read(headers, Cookie::Request).unwrap_or_default();
        let tokens = tokens.split(SEPARATOR).take(MAX_HELD).map(str::to_owned);
        let (tokens, held): (Vec<String>, Vec<HeldRequest>) =
            tokens.filter_map(|token| house.gatepost.held(&token).map(|held| (token, held))).unzip();
        let mut waiting = house.gatepost.all_waiting(&held).await?;
        waiting.retain(|waiting| waits_for(signed_in.as_ref(), waiting));
        Ok(Self {
            // The guard has put it there.
            client: request.extensions().get().cloned().ok_or_else(|| Problem::of(Code::Internal))?,
            signed_in,
            session,
            held,
            waiting,
            notice: jar.read(headers, Cookie::Notice).and_then(Notice::parse),
            is_htmx: is_htmx(headers),
            is_head: request.method() == Method::HEAD,
            came_direct: came_direct(request),
            query: Query::read(request.uri().query().unwrap_or_default()),
            part: request.raw_path_param("part").unwrap_or_default().to_owned(),
            tokens,
        })
    }

    /// The request that a page named, or the newest.
    pub(super) fn request(&self, name: Option<&str>) -> Option<HeldRequest> {
        match name {
            Some(name) => self.held.iter().copied().find(|held| held.nonce().to_string() == name),
            None => self.held.first().copied(),
        }
    }

    /// Whether it has registered an email address that is not confirmed here yet.
    pub(super) fn is_unconfirmed(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.purpose == Purpose::Register)
    }

    /// Redirects: with the htmx header, or with 303 without htmx.
    pub(super) fn lead_to(&self, place: &str) -> Response {
        let place = HeaderValue::from_str(place).expect("paths of this origin are plain ASCII");
        let mut response = Response::default();
        if self.is_htmx {
            response.headers_mut().insert("hx-redirect", place);
        } else {
            response.set_status(StatusCode::SEE_OTHER);
            response.headers_mut().insert(header::LOCATION, place);
        }
        response
    }

    /// The session token, or an empty one, which belongs to no session.
    pub(super) fn token(&self) -> &str {
        self.session.as_deref().unwrap_or_default()
    }

    /// Leads to the waiting page of an email that was just requested here.
    pub(super) fn wait_at(&self, place: &str, site: &Site, request: &RequestToken) -> Response {
        let mut response = self.lead_to(place);
        self.keep(&mut response, site, request);
        response
    }

    /// Keeps a request as the newest of this browser.
    pub(super) fn keep(&self, response: &mut Response, site: &Site, request: &RequestToken) {
        let newest = request.as_str();
        let older = self.tokens.iter().map(String::as_str).filter(|token| *token != newest);
        let tokens: Vec<&str> = std::iter::once(newest).chain(older).take(MAX_HELD).collect();
        set_requests(response, site, &tokens);
    }

    /// Drops a request that was redeemed, and every registration of the email address that is signed in
    /// now, because there is nothing left to confirm.
    pub(super) fn let_go(
        &self,
        response: &mut Response,
        site: &Site,
        redeemed: Option<Nonce>,
        address: &EmailAddress,
    ) {
        let is_settled = |waiting: &&Waiting| {
            waiting.purpose == Purpose::Register && waiting.email.canonical() == address.canonical()
        };
        let settled: Vec<Nonce> = self
            .waiting
            .iter()
            .filter(is_settled)
            .map(|waiting| waiting.held.nonce())
            .chain(redeemed)
            .collect();
        let pairs = self.tokens.iter().zip(&self.held).filter(|(_, held)| !settled.contains(&held.nonce()));
        let rest: Vec<&str> = pairs.map(|(token, _)| token.as_str()).collect();
        if rest.len() < self.tokens.len() {
            set_requests(response, site, &rest);
        }
    }
}

/// Whether this browser waits for a request. Anyone signed in waits only for what their own account
/// requested and for a password reset; anyone signed out for whatever needs no account to request it.
pub(super) fn waits_for(signed_in: Option<&Live>, waiting: &Waiting) -> bool {
    match waiting.asked_by {
        Some(account) => signed_in.is_some_and(|live| live.account.id == account),
        None => signed_in.is_none() || waiting.purpose == Purpose::ResetPassword,
    }
}

/// Keeps the person signed in.
pub(super) fn keep_session(response: &mut Response, site: &Site, token: &SessionToken, lifetime: Duration) {
    put_cookie(response, cookies(site).set(Cookie::Session, token.as_str(), lifetime));
}

/// Deletes the cookie of a session that has ended.
pub(super) fn clear_session(response: &mut Response, site: &Site) {
    put_cookie(response, cookies(site).clear(Cookie::Session));
}

fn set_requests(response: &mut Response, site: &Site, tokens: &[&str]) {
    if tokens.is_empty() {
        put_cookie(response, cookies(site).clear(Cookie::Request));
    } else {
        let line = cookies(site).set(Cookie::Request, &tokens.join(SEPARATOR), HELD_FOR);
        put_cookie(response, line);
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, Query};

    #[test]
    fn a_next_that_a_proxy_wrote_reaches_to_the_end_of_the_query() {
        for (query, next) in [
            ("next=/app/x?a=1&b=2%20c", Some("/app/x?a=1&b=2%20c")),
            ("next=/app/x&next=/y", Some("/app/x&next=/y")),
            ("next=/app/x?y=a+b%2Fc", Some("/app/x?y=a+b%2Fc")),
            ("next=/a%26b", Some("/a%26b")),
            ("next=/", Some("/")),
            // Ours, encoded: it ends where a parameter ends.
            ("next=%2Fapp%2Fx%3Fa%3D1%26b%3D2%2520c", Some("/app/x?a=1&b=2%20c")),
            ("next=%2Fapp&request=r", Some("/app")),
            ("request=r&next=/app/x&b=2", Some("/app/x")),
            // Neither reading leads to another origin.
            ("next=//evil.example", None),
            ("next=/%2Fevil.example", None),
            ("next=/\\evil.example", None),
            ("next=/app/../..//evil.example", None),
            ("next=https://evil.example/", None),
            ("next=%2F%2Fevil.example", None),
            ("next=", None),
            ("nextx=/app", None),
            ("", None),
        ] {
            let read = Query::read(query).next();
            assert_eq!(read.as_ref().map(Next::as_str), next, "{query}");
        }
        assert_eq!(Query::read("next=%2Fapp&request=r").request.as_deref(), Some("r"));
    }
}
