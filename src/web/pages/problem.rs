//! A refusal as a page, or as a fragment for htmx.

use maud::{Markup, html};
use poem::http::HeaderValue;
use poem::{IntoResponse, Request, Response};

use super::jar::cookies;
use super::layout::{Frame, Navigation, document};
use super::visitor::is_htmx;
use crate::domain::record::client::Client;
use crate::domain::record::next::Next;
use crate::path::{HOME, SIGN_IN, with_next};
use crate::web::edge::Refusal;
use crate::web::edge::cookies::Cookie;
use crate::web::house::{Door, Site};
use crate::web::problem::{Code, Problem};

/// Draws it as a page. Where htmx made the request without our knowing, it takes the message out of it.
#[must_use]
pub fn draw(refusal: &Refusal<'_>, site: &Site) -> Response {
    draw_for(refusal, None, site)
}

/// The same, for someone who `wanted` to go somewhere after signing in.
fn draw_for(refusal: &Refusal<'_>, wanted: Option<&Next>, site: &Site) -> Response {
    let Refusal { problem, request_id, .. } = *refusal;
    let content = html! { section.card { (message(problem, request_id)) (way_on(problem, wanted, site)) } };
    let frame = Frame { navigation: navigation(refusal, wanted), ..Frame::default() };
    let mut response = document(site, problem.code.title(), &frame, &content).into_response();
    response.headers_mut().insert("hx-reselect", HeaderValue::from_static(".problem"));
    to_trouble(&mut response);
    problem.put_headers(&mut response, Door::Pages);
    response
}

/// Under another host name, links of ours would lead nowhere.
fn navigation(refusal: &Refusal<'_>, wanted: Option<&Next>) -> Navigation {
    match refusal.problem.code {
        Code::WrongHost => Navigation::None,
        _ if refusal.has_session => Navigation::SignedIn { is_admin: false },
        _ => Navigation::SignedOut { waiting: None, wanted: wanted.cloned() },
    }
}

/// Draws what a handler did not draw itself.
pub(super) fn answer(problem: &Problem, request: &Request, wanted: Option<&Next>, site: &Site) -> Response {
    let request_id = request.extensions().get().map_or("-", |client: &Client| client.request_id.as_str());
    problem.tell(request_id);
    if !is_htmx(request.headers()) {
        let has_session = cookies(site).read(request.headers(), Cookie::Session).is_some();
        return draw_for(&Refusal { problem, door: Door::Pages, request_id, has_session }, wanted, site);
    }
    let mut response = message(problem, request_id).into_response();
    to_trouble(&mut response);
    problem.put_headers(&mut response, Door::Pages);
    response
}

/// What htmx wanted to replace stays as it is, with everything that was entered.
fn to_trouble(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert("hx-retarget", HeaderValue::from_static("#trouble"));
    headers.insert("hx-reswap", HeaderValue::from_static("innerHTML"));
}

fn message(problem: &Problem, request_id: &str) -> Markup {
    html! {
        div.problem {
            h1 { (problem.code.title()) }
            p { (problem.detail) }
            @if problem.status().is_server_error() && request_id != "-" {
                p.hint { "If it keeps happening, give the administrator this code: " code { (request_id) } }
            }
        }
    }
}

fn way_on(problem: &Problem, wanted: Option<&Next>, site: &Site) -> Markup {
    html! {
        p.actions {
            @match problem.code {
                Code::WrongHost => a.button href=(site.public_url.link(HOME)) { "Go to " (site.public_url.authority()) },
                Code::SignInRequired | Code::InvalidLink | Code::InvalidRequest | Code::RegistrationClosed => {
                    a.button href=(with_next(SIGN_IN, wanted.map(Next::text))) { "Sign in" }
                }
                _ => a.button href=(HOME) { "Go to the start page" },
            }
        }
    }
}
