//! The answer to a proxy that asks about a request: as a status only, or whole, as the person or program should get it.

use maud::html;
use poem::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, WWW_AUTHENTICATE};
use poem::http::{HeaderMap, StatusCode, Uri};
use poem::{Request, Response};

use super::browser::lead_to_us;
use super::draw::{for_program, name, page, plain, refusal, unavailable};
use super::judge::{Verdict, judge};
use super::key;
use super::kind::Kind;
use super::question::{Asked, HOST, Question, read};
use crate::domain::error::Error;
use crate::domain::record::client::Client;
use crate::domain::session::{KeyHolder, Live};
use crate::path::{APP_START, app_path, app_start};
use crate::web::apps::Keys;
use crate::web::edge::{POLICY_IN_FRAME, identity};
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};

/// The header that htmx obeys before it looks at the status.
const HX_REDIRECT: &str = "hx-redirect";

/// The status only: 204, 401, 403 or 503, or 413 for a question with a body. A question that can't be understood is
/// refused like a request that may not pass.
pub(in crate::web) async fn status(house: &House, request: &Request, question: &Question) -> Response {
    let verdict = judge(house, question, request).await;
    let mut response = Response::default();
    let code = match verdict {
        Verdict::Passes(live) => return passes(question, live.as_ref()),
        Verdict::PassesWith(holder) => return passes_with(question, &holder),
        Verdict::InvalidKey => Code::InvalidKey,
        Verdict::SignedOut => Code::SignInRequired,
        Verdict::NotAllowed(_) => Code::NotAllowed,
        Verdict::CrossSite => Code::CrossSite,
        Verdict::Failed(error) => {
            let problem = unavailable(error);
            problem.tell(request_id(request));
            problem.put_headers(&mut response, Door::Pages);
            problem.code
        }
    };
    response.set_status(code.status());
    name(&mut response, code);
    response
}

/// The status for a question that can't be answered.
pub(in crate::web) fn refused(code: Code) -> Response {
    let mut response = Response::default();
    response.set_status(if code == Code::TooLarge { code.status() } else { StatusCode::FORBIDDEN });
    name(&mut response, code);
    response
}

/// The whole answer.
pub(in crate::web) async fn whole(house: &House, request: &Request) -> Response {
    let headers = request.headers();
    let question = match read(request, &house.site) {
        Ok(Asked::About(question)) => question,
        // About our own host there is no whole answer.
        Ok(Asked::Here) if headers.contains_key(HOST) => return unfit(house, request, Code::WrongHost),
        Ok(Asked::Here) => return unfit(house, request, Code::Malformed),
        Err(code) => return unfit(house, request, code),
    };
    let kind = Kind::of(&question.method, headers);
    match judge(house, &question, request).await {
        Verdict::Passes(live) => passes(&question, live.as_ref()),
        Verdict::PassesWith(holder) => passes_with(&question, &holder),
        Verdict::InvalidKey => {
            let refusal = for_kind(house, kind, &Problem::of(Code::InvalidKey));
            asking_for_key(&question, kind, headers, refusal)
        }
        Verdict::SignedOut => {
            let refusal = signed_out(house, request, &question, kind).await;
            asking_for_key(&question, kind, headers, refusal)
        }
        Verdict::NotAllowed(live) => not_allowed(house, &question, kind, &live),
        Verdict::CrossSite => {
            let detail =
                "This was sent from another site, so nothing was changed. Open the page here and try again.";
            for_kind(house, kind, &Problem::of(Code::CrossSite).detail(detail))
        }
        Verdict::Failed(error) => failed(house, request, kind, error),
    }
}

/// The answer to a question that can't be understood, or is about no app.
fn unfit(house: &House, request: &Request, code: Code) -> Response {
    let mut problem = Problem::of(code);
    if code == Code::WrongHost {
        problem = problem.detail("There is no app at this web address.");
    }
    // Nothing about the request is known for certain.
    for_kind(house, Kind::of("GET", request.headers()), &problem)
}

fn passes(question: &Question, live: Option<&Live>) -> Response {
    let mut response = Response::default();
    response.set_status(StatusCode::NO_CONTENT);
    identity::name(response.headers_mut(), &question.app, live);
    response
}

/// The same for a program with someone's key, whose name it gets too.
fn passes_with(question: &Question, holder: &KeyHolder) -> Response {
    let mut response = Response::default();
    response.set_status(StatusCode::NO_CONTENT);
    identity::name_account(response.headers_mut(), &question.app, Some(&holder.account));
    response.headers_mut().insert("remote-key", key::in_header(&holder.name));
    response
}

/// Has a program ask for a password, where that can be a key. Never a browser: it would show a window of its own.
fn asking_for_key(question: &Question, kind: Kind, headers: &HeaderMap, mut refusal: Response) -> Response {
    let is_browser = headers.keys().any(|name| name.as_str().starts_with("sec-fetch-"));
    let is_asked = question.app.keys == Keys::Basic
        && kind == Kind::Program
        && !is_browser
        && refusal.status() == StatusCode::UNAUTHORIZED;
    if is_asked {
        let scheme = format!("Basic realm=\"{}\", charset=\"UTF-8\"", question.app.host());
        let scheme = HeaderValue::from_str(&scheme).expect("a host is plain ASCII");
        refusal.headers_mut().insert(WWW_AUTHENTICATE, scheme);
    }
    refusal
}

fn failed(house: &House, request: &Request, kind: Kind, error: Error) -> Response {
    let problem = unavailable(error);
    problem.tell(request_id(request));
    for_kind(house, kind, &problem)
}

/// A refusal for whoever waits for it. It never redirects.
fn for_kind(house: &House, kind: Kind, problem: &Problem) -> Response {
    if kind.is_page() { plain(&house.site, problem) } else { for_program(&house.site, problem) }
}

async fn signed_out(house: &House, request: &Request, question: &Question, kind: Kind) -> Response {
    let (app, headers, site) = (&question.app, request.headers(), &house.site);
    let problem = Problem::of(Code::SignInRequired);
    match kind {
        Kind::Htmx => {
            let start = app.url.link(&app_start(&current_path(headers, question)));
            let mut response = for_program(site, &problem);
            let start = HeaderValue::from_str(&start).expect("everything else is escaped");
            response.headers_mut().insert(HX_REDIRECT, start);
            response
        }
        Kind::Navigation => match lead_to_us(house, app, (headers, true), &question.target).await {
            Ok(mut response) => {
                name(&mut response, problem.code);
                response
            }
            Err(error) => failed(house, request, kind, error),
        },
        Kind::Frame => {
            let start = app_start(&app_path(&question.target));
            let way_on = html! { p { a href=(start) target="_top" { "Sign in" } } };
            let mut response = refusal(site, &problem, &way_on);
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY_IN_FRAME);
            response
        }
        Kind::Form => {
            let detail =
                "Sign in in a new tab, then come back here and send the form again. Nothing was sent so far.";
            let way_on = html! { p { a href=(APP_START) target="_blank" { "Sign in in a new tab" } } };
            refusal(site, &problem.detail(detail), &way_on)
        }
        Kind::Program => for_program(site, &problem),
    }
}

fn not_allowed(house: &House, question: &Question, kind: Kind, live: &Live) -> Response {
    let (app, site) = (&question.app, &house.site);
    let problem = Problem::of(Code::NotAllowed);
    if !kind.is_page() {
        return for_program(site, &problem);
    }
    let title = format!("{} may not open {}", live.account.address, app.host());
    let content = html! {
        p { "If you have another account, sign in with that one." }
        p { a href=(app_start(&app_path(&question.target))) target=[(kind == Kind::Frame).then_some("_top")] { "Sign in as someone else" } }
    };
    let mut response = page(site, &title, &content);
    problem.put_headers(&mut response, Door::Pages);
    if kind == Kind::Frame {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY_IN_FRAME);
    }
    response
}

/// The path of the page that htmx is on, if that is a page of the app: an attacker's page must not choose it.
fn current_path(headers: &HeaderMap, question: &Question) -> String {
    let current = headers.get("hx-current-url").and_then(|url| url.to_str().ok()).unwrap_or_default();
    let rest = current.strip_prefix(&question.app.url.to_string()).unwrap_or_default();
    // Checks that it ends where the origin does: https://wiki.example.org.evil.example begins like it too.
    let is_path = rest.starts_with('/') && rest.parse::<Uri>().is_ok();
    app_path(if is_path { rest } else { "/" })
}

fn request_id(request: &Request) -> &str {
    request.extensions().get().map_or("-", |client: &Client| client.request_id.as_str())
}
