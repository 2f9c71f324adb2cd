//! What a browser keeps of being signed in: the session, and a seal by which it is known later.
//!
//! Signing out ends the session and leaves the seal: it is about the browser, not about who is signed in.

use std::time::Duration;

use poem::Response;
use poem::http::HeaderMap;

use super::jar::{cookies, put_cookie};
use crate::domain::record::client::Client;
use crate::domain::session::{Live, SignedIn};
use crate::domain::token::KnownToken;
use crate::web::edge::cookies::Cookie;
use crate::web::house::{House, Site};

/// How long a browser is known.
const KNOWN_FOR: Duration = Duration::from_hours(365 * 24);
/// Separates seals in their cookie. No seal contains it.
const SEPARATOR: &str = ".";

/// The client of a page, with what its cookie and its session say about it. Seals that are not ours count as
/// absent, and the next sign-in replaces them.
pub(super) fn recognised(client: Client, headers: &HeaderMap, house: &House, live: Option<&Live>) -> Client {
    let seals = cookies(&house.site).read(headers, Cookie::Known).unwrap_or_default();
    let known = house.gatepost.known_browsers(seals.split(SEPARATOR));
    let mut client = Client { known, is_browser: true, ..client };
    if let Some(live) = live {
        house.gatepost.know_session(&mut client, live);
    }
    client
}

/// Keeps the person signed in, and the browser known.
pub(super) fn keep(response: &mut Response, house: &House, client: &Client, signed_in: &SignedIn) {
    let SignedIn { account, session, token } = signed_in;
    let jar = cookies(&house.site);
    let lifetime = session.expires_at.since(session.last_used_at);
    put_cookie(response, jar.set(Cookie::Session, token.as_str(), lifetime));
    let seals = house.gatepost.keep_known(client, account);
    let seals: Vec<&str> = seals.iter().map(KnownToken::as_str).collect();
    put_cookie(response, jar.set(Cookie::Known, &seals.join(SEPARATOR), KNOWN_FOR));
}

/// Deletes the cookie of a session that has ended.
pub(super) fn clear(response: &mut Response, site: &Site) {
    put_cookie(response, cookies(site).clear(Cookie::Session));
}
