//! Tells a proxy who is signed in, before it passes a request on to an app: to one on the same host, or to one on a
//! host of its own.

use poem::endpoint::make;
use poem::http::{Method, StatusCode};
use poem::{Endpoint, Request, Response};

use super::edge::cookies::{Cookie, Cookies};
use super::edge::{Routes, identity};
use super::front::question::{Asked, read};
use super::front::{answer, host};
use super::house::{CurrentHouse, Door, House};
use super::problem::Problem;
use crate::domain::error::Error;
use crate::domain::record::client::Client;
use crate::path::{APP_CALLBACK, APP_SIGN_OUT, APP_START, FORWARD_AUTH, FORWARD_AUTH_ANSWER};

/// The paths at which proxies ask.
pub(super) fn routes(house: &CurrentHouse) -> Routes {
    Routes::new().at(FORWARD_AUTH, Method::GET, asked(house, status)).at(
        FORWARD_AUTH_ANSWER,
        Method::GET,
        asked(house, whole),
    )
}

/// Our own paths on the hosts of apps.
pub(super) fn at_apps(house: &CurrentHouse) -> Routes {
    Routes::new()
        .at(APP_START, Method::GET, asked(house, host::start))
        .at(APP_CALLBACK, Method::GET, asked(house, host::callback))
        .at(APP_SIGN_OUT, Method::GET, asked(house, host::sign_out))
}

fn asked<F, Fut>(house: &CurrentHouse, handler: F) -> impl Endpoint<Output = Response> + use<F, Fut>
where
    F: Fn(House, Request) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    let house = house.clone();
    make(move |request: Request| {
        let house = house.now();
        async move { handler(house, request).await.map_err(poem::Error::from) }
    })
}

/// The status only. No body, and no cookie.
async fn status(house: House, request: Request) -> Result<Response, Problem> {
    Ok(match read(&request, &house.site) {
        Ok(Asked::Here) => here(&house, &request).await,
        Ok(Asked::About(question)) => answer::status(&house, &request, &question).await,
        Err(code) => answer::refused(code),
    })
}

/// The whole answer, as the person or program should get it.
async fn whole(house: House, request: Request) -> Result<Response, Problem> {
    Ok(answer::whole(&house, &request).await)
}

/// For an app on our own host: 204 with the identity, or 401, or the status of the failure that kept us from finding
/// out.
///
/// Only the session cookie decides. Bearer tokens are for programs. Headers in which a proxy describes
/// the original request (such as `X-Forwarded-Uri`) are ignored, because the client may have written
/// them and could choose what is checked (CVE-2021-32637, CVE-2025-54576).
async fn here(house: &House, request: &Request) -> Response {
    let token = Cookies::new(house.site.public_url.scheme()).read(request.headers(), Cookie::Session);
    let live = match token {
        Some(token) => house.gatepost.session(token).await,
        None => Err(Error::SignInRequired),
    };
    let mut response = Response::default();
    match live {
        Ok(live) => {
            response.set_status(StatusCode::NO_CONTENT);
            identity::name_here(response.headers_mut(), &live);
        }
        Err(error) => {
            let problem = Problem::from(error);
            let client: Option<&Client> = request.extensions().get();
            problem.tell(client.map_or("-", |client| client.request_id.as_str()));
            // Headers as for a page: `WWW-Authenticate` would make browsers ask for a password.
            problem.put_headers(&mut response, Door::Pages);
        }
    }
    response
}
