//! Who looks at an app that stands behind the same proxy? The proxy asks here before it lets a
//! request through, with the cookies of that request and nothing else of it that counts.

use poem::http::header::{HeaderName, HeaderValue};
use poem::http::{HeaderMap, StatusCode};
use poem::{Response, handler, web::Data};

use super::edge::cookies::{Cookie, Cookies};
use super::problem::Problem;
use super::{Door, House};
use crate::domain::client::Client;
use crate::domain::error::Error;
use crate::domain::session::Live;
use crate::path::FORWARD_AUTH;

/// What the app is told: the id of the account, and its address.
const IDENTITY: [HeaderName; 2] =
    [HeaderName::from_static("remote-user"), HeaderName::from_static("remote-email")];

/// 204 and who it is, or 401, or the fault that kept us from knowing; no body.
///
/// The session cookie alone decides. A bearer token is a program's; and what a proxy tells of the
/// request it holds (`X-Forwarded-Uri` and its kin) could have been written by the client, who
/// would choose what is asked about (CVE-2021-32637, CVE-2025-54576).
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
            // As a page would: `WWW-Authenticate` would make browsers ask for a password.
            problem.put_headers(&mut response, Door::Pages);
        }
    }
    response
}

fn name(response: &mut Response, live: &Live) {
    response.set_status(StatusCode::NO_CONTENT);
    let told = [live.account.id.to_string(), live.account.address.to_string()];
    for (name, told) in IDENTITY.into_iter().zip(told) {
        let told = HeaderValue::from_str(&told).expect("ids and addresses are plain ASCII");
        response.headers_mut().insert(name, told);
    }
}

/// Names nobody, on every answer of this path that names no one: a refusal by whomever, a fault.
///
/// A proxy copies these headers onto the request it lets through, over what the client wrote
/// there. One that copies only what is there would leave `Remote-User: somebody` of a stranger
/// standing, and the app would take him for somebody (CVE-2026-30851). So they are never missing.
pub(super) fn name_nobody(path: &str, headers: &mut HeaderMap) {
    if path == FORWARD_AUTH {
        for name in IDENTITY {
            headers.entry(name).or_insert(HeaderValue::from_static(""));
        }
    }
}
