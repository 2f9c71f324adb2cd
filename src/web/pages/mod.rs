//! The door for people: HTML that works without JavaScript, and better with it.
//!
//! There is one file per subject, with each handler above its markup. A handler gets the [`House`], the
//! [`Visitor`] and, for a form, its fields. Its refusals are drawn here, in one place.
//!
//! - `sign_in`, `password`, `registration`, `recovery`: coming in; `arrival`: what these have in common;
//!   `leaving`: going on to an app
//! - `check_inbox`, `link`: waiting for an email, and opening its link; `over`: a link or code is dead
//! - `profile`, `reauthentication`, `sign_out`, `home`: being signed in; `own`: forms name their account
//! - `mailbox`: the emails of a server that does not send any
//! - `admin`: the pages for administrators
//! - `visitor`, `query`, `jar`, `notice`: the browser, its URL, its cookies, and what is shown once on its next
//!   page; `signed_in`: what it keeps of being signed in
//! - `cookies`: for a browser that keeps none
//! - `layout`, `form`, `problem`, `assets`: what all pages are made of; `answer`: what a handler returns
//! - `prepared`: pages that are drawn once, until a setting changes

pub(super) mod admin;
mod answer;
mod arrival;
pub mod assets;
mod check_inbox;
mod cookies;
mod form;
mod home;
mod jar;
pub(super) mod layout;
mod leaving;
mod link;
mod mailbox;
mod notice;
mod over;
mod own;
mod password;
mod prepared;
pub mod problem;
mod profile;
mod query;
mod reauthentication;
mod recovery;
mod registration;
mod sign_in;
mod sign_out;
mod signed_in;
mod visitor;

use hyper::body::Bytes;
use poem::endpoint::{BoxEndpoint, make};
use poem::http::header::{CONTENT_TYPE, VARY};
use poem::http::{HeaderValue, Method};
use poem::{EndpointExt, Request, Response};

use self::answer::Answer;
use self::prepared::Prepared;
use self::query::Query;
use self::visitor::Visitor;
use super::edge::Routes;
use super::house::{CurrentHouse, House, Site};
use super::problem::{Code, Problem};
use super::wire::{self, Fields};
use crate::domain::record::next::Next;
use crate::path;

type Row = (String, Vec<(Method, BoxEndpoint<'static, Response>)>);

/// Routes to every page.
#[must_use]
pub fn routes(house: &CurrentHouse) -> Routes {
    let rows = table(house).into_iter();
    let all = rows.flat_map(|(pattern, methods)| methods.into_iter().map(move |it| (pattern.clone(), it)));
    all.fold(Routes::new(), |routes, (pattern, (method, endpoint))| routes.at(pattern, method, endpoint))
}

/// The methods of each path. `{part}` matches any one segment, and `HEAD` is allowed wherever `GET` is.
#[must_use]
pub fn methods(house: &House) -> Vec<(String, Vec<Method>)> {
    routes(&CurrentHouse::new(house.clone())).methods()
}

fn table(house: &CurrentHouse) -> Vec<Row> {
    let at = |pattern: &str, methods| (pattern.to_owned(), methods);
    vec![
        at(path::HOME, vec![show(house, home::show)]),
        at(path::SIGN_IN, vec![prepared(house, sign_in::show), submit(house, sign_in::submit)]),
        at(path::SIGN_IN_PASSWORD, vec![show(house, password::show), submit(house, password::submit)]),
        at(path::REGISTER, vec![prepared(house, registration::show), submit(house, registration::submit)]),
        at(path::UNCONFIRMED, vec![show(house, check_inbox::show_unconfirmed)]),
        at(path::CHECK_INBOX, vec![show(house, check_inbox::show)]),
        at(path::CODE, vec![submit(house, check_inbox::redeem_code)]),
        at(path::RESEND, vec![submit(house, check_inbox::resend)]),
        at(&path::link("{part}"), vec![show(house, link::show), submit(house, link::redeem)]),
        at(path::FORGOT_PASSWORD, vec![prepared(house, recovery::show), submit(house, recovery::submit)]),
        at(path::PROFILE, vec![show(house, profile::show)]),
        at(path::PROFILE_PASSWORD, vec![submit_own(house, profile::change_password, profile::again)]),
        at(path::PROFILE_PASSWORD_REMOVE, vec![submit_own(house, profile::remove_password, profile::again)]),
        at(path::PROFILE_EMAIL, vec![submit_own(house, profile::change_email, profile::again)]),
        at(path::PROFILE_EMAIL_CANCEL, vec![submit_own(house, profile::cancel_email, profile::again)]),
        at(path::PROFILE_NOTICES, vec![submit_own(house, profile::change_notices, profile::again)]),
        at(path::PROFILE_END_OTHERS, vec![submit_own(house, profile::end_others, profile::again)]),
        at(&path::session_end("{part}"), vec![submit_own(house, profile::end_session, profile::again)]),
        at(path::PROFILE_EXPORT, vec![show(house, profile::export)]),
        at(path::PROFILE_DELETE, vec![submit_own(house, profile::delete, profile::again)]),
        at(
            path::REAUTHENTICATE,
            vec![
                show(house, reauthentication::show),
                submit_own(house, reauthentication::submit, reauthentication::again),
            ],
        ),
        at(
            path::REAUTHENTICATE_MAIL,
            vec![submit_own(house, reauthentication::mail, reauthentication::again)],
        ),
        at(path::ADMIN, vec![show(house, admin::overview)]),
        at(path::ADMIN_MAIL, vec![show(house, admin::list)]),
        at(&path::email_retry("{part}"), vec![submit(house, admin::retry_email)]),
        at(&path::email_drop("{part}"), vec![submit(house, admin::drop_email)]),
        at(path::ADMIN_SETTINGS, vec![show(house, admin::settings)]),
        at(path::SIGN_OUT, vec![submit(house, sign_out::submit)]),
        at(path::CHANGE_PASSWORD, vec![show(house, profile::well_known)]),
        at(path::MAILBOX, vec![show(house, mailbox::list)]),
        at(&path::letter("{part}"), vec![show(house, mailbox::letter)]),
        at(&path::letter_html("{part}"), vec![show(house, mailbox::letter_part)]),
        at(&path::asset("{part}"), vec![(Method::GET, make(assets::serve).boxed())]),
        at(path::FAVICON, vec![(Method::GET, make(assets::favicon).boxed())]),
    ]
}

/// The route of a page that is shown.
fn show<F, Fut>(house: &CurrentHouse, handler: F) -> (Method, BoxEndpoint<'static, Response>)
where
    F: Fn(House, Visitor) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let house = house.clone();
    let endpoint = make(move |request: Request| {
        let house = house.now();
        async move {
            let wanted = Query::of(&request).next();
            let answer = match Visitor::of(&request, &house, wanted.clone()).await {
                Ok(visitor) if visitor.keeps_no_cookies() => {
                    Ok(cookies::needed(&house.site, &visitor, request.uri()))
                }
                Ok(visitor) => handler(house.clone(), visitor).await,
                Err(problem) => Err(problem),
            };
            drawn(answer, &request, wanted.as_ref(), &house.site)
        }
    });
    (Method::GET, endpoint.boxed())
}

/// The route of a page that is shown, and is the same for every browser that brings nothing.
fn prepared<F, Fut>(house: &CurrentHouse, handler: F) -> (Method, BoxEndpoint<'static, Response>)
where
    F: Fn(House, Visitor) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let (method, page) = show(house, handler);
    (method, Prepared::new(page, house.clone()).boxed())
}

/// The route of a form that is submitted.
fn submit<F, Fut>(house: &CurrentHouse, handler: F) -> (Method, BoxEndpoint<'static, Response>)
where
    F: Fn(House, Visitor, Fields) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let house = house.clone();
    let endpoint = make(move |request: Request| {
        let house = house.now();
        async move {
            let answer = answer_form(&house, handler, request).await;
            Ok::<_, poem::Error>(answer)
        }
    });
    (Method::POST, endpoint.boxed())
}

/// The route of a form that names the account it was drawn for. `again` shows its page again, for the
/// account that is signed in now.
fn submit_own<F, Fut, A, Again>(
    house: &CurrentHouse,
    handler: F,
    again: A,
) -> (Method, BoxEndpoint<'static, Response>)
where
    F: Fn(House, Visitor, Fields) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
    A: Fn(House, Visitor, Problem) -> Again + Copy + Send + Sync + 'static,
    Again: Future<Output = Answer> + Send + 'static,
{
    submit(house, move |house: House, visitor: Visitor, fields: Fields| async move {
        match own::refusal(&visitor, &fields) {
            Some(problem) => again(house, visitor, problem).await,
            None => handler(house, visitor, fields).await,
        }
    })
}

/// Once, if it is sent twice.
async fn answer_form<F, Fut>(house: &House, handler: F, mut request: Request) -> Response
where
    F: Fn(House, Visitor, Fields) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let body = match request.take_body().into_bytes().await {
        Ok(body) => body,
        Err(error) => {
            let problem = Problem::from_error(&poem::Error::from(error));
            return drawn(Err(problem), &request, None, &house.site);
        }
    };
    let form = house.repeats.form(&request, &body);
    let fields = fields(&request, body);
    let wanted = fields.as_ref().ok().and_then(|fields| wire::next(fields.typed("next")));
    let inside = house.clone();
    let answer = async move {
        let answer = match fields {
            Ok(fields) => match Visitor::of(&request, &inside, wanted.clone()).await {
                Ok(visitor) => handler(inside.clone(), visitor.that_sent(&fields), fields).await,
                Err(problem) => Err(problem),
            },
            Err(problem) => Err(problem),
        };
        drawn(answer, &request, wanted.as_ref(), &inside.site)
    };
    house.repeats.once(form, answer).await
}

/// The fields of a form. An empty body needs no media type.
fn fields(request: &Request, body: Bytes) -> Result<Fields, Problem> {
    let media_type =
        request.header(CONTENT_TYPE).map(|value| value.split(';').next().unwrap_or(value).trim());
    let is_form = media_type.is_some_and(|is| is.eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    if !body.is_empty() && !is_form {
        return Err(Problem::of(Code::UnsupportedMediaType));
    }
    Fields::from_form(body)
}

/// A page and its fragment share a URL, and both are personal.
const VARIES: HeaderValue = HeaderValue::from_static("HX-Request, Cookie");

fn drawn(answer: Answer, request: &Request, wanted: Option<&Next>, site: &Site) -> Response {
    let mut response = answer.unwrap_or_else(|problem| problem::answer(&problem, request, wanted, site));
    response.headers_mut().append(VARY, VARIES);
    response
}
