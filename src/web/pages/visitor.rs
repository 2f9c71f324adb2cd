//! The browser that a page is shown to, and what it holds.

use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use poem::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use poem::{Request, Response};

use super::jar::{KeepsCookies, cookies, put_cookie};
use super::notice::{self, Notice};
use super::query::{ASKS_FOR_COOKIES, Query};
use super::signed_in::recognised;
use crate::domain::error::Error;
use crate::domain::mailed::Waiting;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::ids::Nonce;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::session::Live;
use crate::domain::token::RequestToken;
use crate::path::{self, SIGN_IN};
use crate::web::direct::came_direct;
use crate::web::edge::cookies::Cookie;
use crate::web::house::{House, Site};
use crate::web::problem::{Code, Problem};
use crate::web::wire::Fields;

/// As long as the longest request lasts.
const HELD_FOR: Duration = Duration::from_hours(24);
/// The most requests one browser holds.
const MAX_HELD: usize = 4;
/// Separates request tokens in their cookie. No token contains it.
const SEPARATOR: &str = ".";
/// How long a browser is recognised that has no other cookie.
const VISITS_FOR: Duration = Duration::from_hours(24);

/// The field of a form from a page that gave the browser a cookie.
pub(super) const GIVEN_COOKIE: &str = "cookies";

/// One request of one browser.
pub(super) struct Visitor {
    /// Its address and device, and where it is known.
    pub(super) client: Client,
    keeps_cookies: KeepsCookies,
    /// A value for the visitor cookie, if it sent nothing to recognise it by.
    newcomer: Option<String>,
    /// The account signed in, and its session.
    pub(super) signed_in: Option<Live>,
    /// The session token it sent, valid or not.
    pub(super) session: Option<String>,
    /// Its requests, newest first.
    pub(super) held: Vec<HeldRequest>,
    /// The requests it waits for, newest first.
    pub(super) waiting: Vec<Waiting>,
    /// The notices to show on its next page.
    pub(super) notices: Vec<Notice>,
    /// Whether htmx sent the request and expects a fragment.
    pub(super) is_htmx: bool,
    /// Whether it connected directly, without a proxy.
    pub(super) came_direct: bool,
    /// Where the person asked to go after signing in: in the query of a page, or in a form.
    pub(super) wanted: Option<Next>,
    method: Method,
    pub(super) path: String,
    pub(super) search: Option<String>,
    /// The query of the URL, as far as every page knows it.
    pub(super) query: Query,
    /// The variable part of the path, if it has one.
    pub(super) part: String,
    tokens: Vec<String>,
}

/// Whether htmx sent the request.
pub(super) fn is_htmx(headers: &HeaderMap) -> bool {
    headers.get("hx-request").is_some_and(|value| value == "true")
}

impl Visitor {
    /// Reads the visitor from a request. Anything unreadable counts as absent.
    pub(super) async fn of(request: &Request, house: &House, wanted: Option<Next>) -> Result<Self, Problem> {
        let (headers, is_form) = (request.headers(), request.method() == Method::POST);
        let site = &house.site;
        let jar = cookies(site);
        let has_cookies = jar.has_any(headers);
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
        // The guard has put it there.
        let client: Client =
            request.extensions().get().cloned().ok_or_else(|| Problem::of(Code::Internal))?;
        Ok(Self {
            client: recognised(client, headers, house, signed_in.as_ref()),
            keeps_cookies: if has_cookies { KeepsCookies::Yes } else { KeepsCookies::Unknown },
            // A form was on a page that has given it one, unless all of its cookies are lost.
            newcomer: house.repeats.new_visitor(headers).filter(|_| !has_cookies || !is_form),
            signed_in,
            session,
            held,
            waiting,
            notices: jar.read(headers, Cookie::Notice).map(notice::parse).unwrap_or_default(),
            is_htmx: is_htmx(headers),
            came_direct: came_direct(request),
            wanted,
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            search: request.uri().query().map(str::to_owned),
            query: Query::of(request),
            part: request.raw_path_param("part").unwrap_or_default().to_owned(),
            tokens,
        })
    }

    /// The same with a form that it sent.
    pub(super) fn that_sent(self, fields: &Fields) -> Self {
        let is_lost = self.may_keep_no_cookies() && !fields.typed(GIVEN_COOKIE).is_empty();
        Self { keeps_cookies: if is_lost { KeepsCookies::No } else { self.keeps_cookies }, ..self }
    }

    /// Whether it only asks for the head of a page, which no one will see.
    pub(super) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }

    fn sends_form(&self) -> bool {
        self.method == Method::POST
    }

    /// Whether a redirect from here would belong to the chain that began with a form: to the form itself, or
    /// from a page that forms lead to. Such a page is not told how the browser came, so it always counts.
    pub(super) fn may_follow_form(&self) -> bool {
        self.sends_form() || self.query.asks_for_cookies || path::is_waiting(&self.path)
    }

    /// Whether it was given a cookie before, and has not sent it back.
    pub(super) fn keeps_no_cookies(&self) -> bool {
        match self.keeps_cookies {
            KeepsCookies::Yes => false,
            KeepsCookies::Unknown => self.query.asks_for_cookies,
            KeepsCookies::No => true,
        }
    }

    /// Whether nothing shows yet that it keeps cookies.
    pub(super) fn may_keep_no_cookies(&self) -> bool {
        self.keeps_cookies != KeepsCookies::Yes
    }

    /// Gives it a cookie to be recognised by, if it sent none.
    pub(super) fn welcome(&self, response: &mut Response, site: &Site) {
        if let Some(value) = &self.newcomer {
            welcome(response, site, value);
        }
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

    /// Redirects: with the htmx header, or with 303 without htmx. After the form of a browser that sent no
    /// cookie, the next page asks for one: without it, it would be an empty form again, and not say why. One
    /// that sent a cookie has shown with it that it keeps them, so its `next` stays exactly as it was given.
    pub(super) fn lead_to(&self, place: &str) -> Response {
        let asking = self.asking_for_cookies(place);
        let place = in_ascii(asking.as_deref().unwrap_or(place));
        let place = HeaderValue::from_str(&place).expect("visible ASCII");
        let mut response = Response::default();
        if self.is_htmx {
            response.headers_mut().insert("hx-redirect", place);
        } else {
            response.set_status(StatusCode::SEE_OTHER);
            response.headers_mut().insert(header::LOCATION, place);
        }
        response
    }

    /// An app beside us cannot ask for our cookies, and would only send the browser back here. So if a page
    /// of ours gave it one before, the sign-in page asks for it, and leads on from there.
    ///
    /// A link is always asked: one that was used leads on to an app, and has to know that a form led to it.
    pub(super) fn asking_for_cookies(&self, place: &str) -> Option<String> {
        if !self.sends_form() || !(self.may_keep_no_cookies() || path::is_link(place)) {
            None
        } else if path::is_page(place) {
            let end = place.find(['?', '#']).unwrap_or(place.len());
            let (page, rest) = place.split_at(end);
            let rest = rest.strip_prefix('?').map_or_else(|| rest.to_owned(), |query| format!("&{query}"));
            Some(format!("{page}?{ASKS_FOR_COOKIES}{rest}"))
        } else if self.keeps_cookies == KeepsCookies::No {
            let next: String = form_urlencoded::byte_serialize(place.as_bytes()).collect();
            Some(format!("{SIGN_IN}?{ASKS_FOR_COOKIES}&next={next}"))
        } else {
            None
        }
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

/// Gives a browser a cookie to be recognised by.
pub(super) fn welcome(response: &mut Response, site: &Site, value: &str) {
    put_cookie(response, cookies(site).set(Cookie::Visitor, value, VISITS_FOR));
}

/// A path as a header can have it, and as a browser would send it: everything but visible ASCII is
/// percent-encoded.
pub(super) fn in_ascii(place: &str) -> String {
    const HIDDEN: AsciiSet = CONTROLS.add(b' ');
    utf8_percent_encode(place, &HIDDEN).to_string()
}

/// Whether this browser waits for a request. Anyone signed in waits only for what their own account
/// requested and for a password reset; anyone signed out for whatever needs no account to request it.
pub(super) fn waits_for(signed_in: Option<&Live>, waiting: &Waiting) -> bool {
    match waiting.asked_by {
        Some(account) => signed_in.is_some_and(|live| live.account.id == account),
        None => signed_in.is_none() || waiting.purpose == Purpose::ResetPassword,
    }
}

fn set_requests(response: &mut Response, site: &Site, tokens: &[&str]) {
    if tokens.is_empty() {
        put_cookie(response, cookies(site).clear(Cookie::Request));
    } else {
        let line = cookies(site).set(Cookie::Request, &tokens.join(SEPARATOR), HELD_FOR);
        put_cookie(response, line);
    }
}
