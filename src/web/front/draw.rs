//! Pages on the host of an app, where none of our files are, and refusals for programs.

use maud::{DOCTYPE, Markup, html};
use poem::http::header::HeaderValue;
use poem::{IntoResponse, Response};
use serde_json::json;

use crate::domain::error::Error;
use crate::domain::ports::StoreError;
use crate::path::{API, APP_START, DOCS, HOME};
use crate::web::house::{Door, Site};
use crate::web::problem::{Code, Problem};

/// A page without style, script or picture.
pub(super) fn page(site: &Site, title: &str, content: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) " · " (site.name) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
            }
            body {
                main {
                    h1 { (title) }
                    (content)
                }
                footer { p { "Sign-in by " (site.name) } }
            }
        }
    };
    page.into_response()
}

/// A refusal as such a page, with a way on.
pub(super) fn refusal(site: &Site, problem: &Problem, way_on: &Markup) -> Response {
    let content = html! { p { (problem.detail) } (way_on) };
    let mut response = page(site, problem.code.title(), &content);
    problem.put_headers(&mut response, Door::Pages);
    response
}

/// A refusal on the host of an app, wherever it comes from.
#[must_use]
pub(in crate::web) fn plain(site: &Site, problem: &Problem) -> Response {
    let way_on =
        html! { p { a href=(site.public_url.link(HOME)) { "Go to " (site.public_url.authority()) } } };
    refusal(site, problem, &way_on)
}

/// A refusal for a program (RFC 9457). One that has to sign in first finds where a person can do that.
pub(super) fn for_program(site: &Site, problem: &Problem) -> Response {
    let code = problem.code;
    let mut body = json!({
        "type": format!("{}#{}", site.public_url.link(&format!("{API}{DOCS}")), code.as_str()),
        "title": code.title(),
        "status": code.status().as_u16(),
        "detail": problem.detail,
        "code": code.as_str(),
    });
    if code == Code::SignInRequired {
        body["sign_in"] = json!(APP_START);
    }
    if let Some(secs) = problem.retry_after_secs() {
        body["retry_after"] = json!(secs);
    }
    let mut response = Response::builder().content_type("application/problem+json").body(body.to_string());
    // Without `WWW-Authenticate`: browsers would ask for a password.
    problem.put_headers(&mut response, Door::Pages);
    response
}

/// The refusal for a store that can't be read, whatever is wrong with it: nothing passes, and it is worth trying again.
pub(super) fn unavailable(error: Error) -> Problem {
    let problem = Problem::from(error);
    if problem.retry_after.is_some() {
        return problem;
    }
    let unavailable = Problem::from(Error::from(StoreError::Refused(String::new())));
    Problem { cause: problem.cause.or(unavailable.cause.clone()), ..unavailable }
}

/// Marks an answer as a refusal, for programs that drive pages.
pub(super) fn name(response: &mut Response, code: Code) {
    response.headers_mut().insert("x-problem", HeaderValue::from_static(code.as_str()));
}
