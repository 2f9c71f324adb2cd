//! Tells a proxy who is signed in. The proxy asks here before it passes a request on to an app on the
//! same host. Only the cookies of that request count.

use poem::http::header::{HeaderName, HeaderValue};
use poem::http::{HeaderMap, StatusCode};
use poem::{Response, handler, web::Data};

use super::edge::cookies::{Cookie, Cookies};
use super::house::{Door, House};
use super::problem::Problem;
use crate::domain::error::Error;
use crate::domain::record::client::Client;
use crate::domain::session::Live;
use crate::path::FORWARD_AUTH;

/// The headers that identify the person to the app: the account's id and its address.
const IDENTITY: [HeaderName; 2] =
    [HeaderName::from_static("remote-user"), HeaderName::from_static("remote-email")];

/// 204 with the identity, or 401, or the status of the failure that kept us from finding out. No body.
///
/// Only the session cookie decides. Bearer tokens are for programs. Headers in which a proxy describes
/// the original request (such as `X-Forwarded-Uri`) are ignored, because the client may have written
/// them and could choose what is checked (CVE-2021-32637, CVE-2025-54576).
#[handler]
pub(super) async fn answer(house: Data<&House>, client: &Client, headers: &HeaderMap) -> Response {
    let token = Cookies::new(house.site.public_url.scheme()).read(headers, Cookie::Session);
    let live = match token {
        Some(token) => house.gatepost.session(token).await,
        None => Err(Error::SignInRequired),
    };
    let mut response = Response::default();
    match live {
        Ok(live) => name(&mut response, &live),
        Err(error) => {
            let problem = Problem::from(error);
            problem.tell(&client.request_id);
            // Headers as for a page: `WWW-Authenticate` would make browsers ask for a password.
            problem.put_headers(&mut response, Door::Pages);
        }
    }
    response
}

fn name(response: &mut Response, live: &Live) {
    response.set_status(StatusCode::NO_CONTENT);
    let identity = [live.account.id.to_string(), live.account.address.to_string()];
    for (name, value) in IDENTITY.into_iter().zip(identity) {
        let value = HeaderValue::from_str(&value).expect("ids and addresses are plain ASCII");
        response.headers_mut().insert(name, value);
    }
}

/// Adds empty identity headers to every response of this path that has none, such as a refusal.
///
/// A proxy copies these headers onto the request it passes on, replacing those the client sent. A
/// proxy that copies only headers that are present would keep a `Remote-User` sent by an attacker, and
/// the app would trust it (CVE-2026-30851). So they are never missing.
pub(super) fn name_no_one(path: &str, headers: &mut HeaderMap) {
    if path == FORWARD_AUTH {
        for name in IDENTITY {
            headers.entry(name).or_insert(HeaderValue::from_static(""));
        }
    }
}
