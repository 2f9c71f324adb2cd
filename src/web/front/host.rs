//! Our own paths on the hosts of apps: to us, back from us, and to signing out.

use maud::html;
use percent_encoding::percent_decode_str;
use poem::http::Method;
use poem::http::header::SET_COOKIE;
use poem::{Request, Response};

use super::browser::{lead_to_us, secret, to};
use super::draw::{refusal, unavailable};
use super::judge::signed_in;
use super::kind::is_navigation;
use crate::domain::error::Error;
use crate::domain::session::Arrival;
use crate::path::{SIGN_OUT, app_path, app_start};
use crate::web::apps::App;
use crate::web::edge::AtApp;
use crate::web::edge::cookies::{Cookie, Cookies};
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

type Answer = Result<Response, Problem>;

/// Leads to us, and back to the path that `next` names, signed in or not.
pub(in crate::web) async fn start(house: House, request: Request) -> Answer {
    let AtApp(app) = at(&request)?;
    let (headers, path) = (request.headers(), next(request.uri().query().unwrap_or_default()));
    // A browser that does not say how it asks opens a page, as far as anyone knows.
    let opens_page = is_navigation(headers, true);
    lead_to_us(&house, app, (headers, opens_page), &path).await.map_err(unavailable)
}

/// Takes up a sign-in: gives the browser the cookie of this host, and leads to the path that it wanted.
///
/// If it fails, it shows a page and never redirects to us again: a browser that keeps no cookies would go in circles.
/// Only someone who is signed in here already, and has come back with the browser's button, is led on.
pub(in crate::web) async fn callback(house: House, request: Request) -> Answer {
    let AtApp(app) = at(&request)?;
    let (headers, token) = (request.headers(), token(&request));
    if !is_navigation(headers, true) {
        return Err(Problem::of(Code::Gone));
    }
    let arrival = Arrival {
        token: &token,
        host: app.host(),
        secret: secret(app, headers),
        is_head: request.method() == Method::HEAD,
    };
    match house.gatepost.arrive(arrival).await {
        Ok(arrived) => {
            let mut response = to(&arrived.path);
            let line = Cookies::new(app.url.scheme()).set(Cookie::App, &arrived.pass, arrived.lifetime);
            response.headers_mut().insert(SET_COOKIE, line);
            Ok(response)
        }
        Err(Error::Over) => over(&house, app, &request, &token).await,
        Err(error) => Err(Problem::from(error)),
    }
}

async fn over(house: &House, app: &App, request: &Request, token: &str) -> Answer {
    let path = house.gatepost.path_of_hand_over(token, app.host()).unwrap_or_else(|| "/".to_owned());
    let cookies = Cookies::new(app.url.scheme());
    let live = signed_in(house, app.host(), request.headers(), cookies).await.map_err(unavailable)?;
    if live.is_some() {
        return Ok(to(&path));
    }
    let problem = Problem::of(Code::Gone).detail(
        "This sign-in has expired, was meant for another browser, or your browser does not keep cookies. Please try again.",
    );
    let way_on = html! { p { a href=(app_start(&path)) { "Try again" } } };
    Ok(refusal(&house.site, &problem, &way_on))
}

/// Leads to the page that signs out. Opening a link must sign no one out.
pub(in crate::web) async fn sign_out(house: House, request: Request) -> Answer {
    let AtApp(app) = at(&request)?;
    let host: String = form_urlencoded::byte_serialize(app.host().as_bytes()).collect();
    Ok(to(&house.site.public_url.link(&format!("{SIGN_OUT}?app={host}"))))
}

fn at(request: &Request) -> Result<&AtApp, Problem> {
    // The guard has put it there.
    request.extensions().get().ok_or_else(|| Problem::of(Code::NotFound))
}

/// The path that `next` names: as it is where it begins with `/`, up to the next `&`, and otherwise decoded once.
fn next(query: &str) -> String {
    let mut values = query.split('&').filter_map(|pair| pair.strip_prefix("next="));
    let (Some(value), None) = (values.next(), values.next()) else { return "/".to_owned() };
    if value.starts_with('/') {
        return app_path(value);
    }
    app_path(&percent_decode_str(value).decode_utf8().unwrap_or_default())
}

fn token(request: &Request) -> String {
    let query = request.uri().query().unwrap_or_default();
    let mut values = query.split('&').filter_map(|pair| pair.strip_prefix("token="));
    match (values.next(), values.next()) {
        (Some(token), None) => token.to_owned(),
        _ => String::new(),
    }
}
