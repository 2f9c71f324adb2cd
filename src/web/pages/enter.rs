//! Handing a sign-in over to an app on another host.
//!
//! Browsers enforce the `form-action` of the page with a form on the whole chain of redirects that follows it. So a
//! chain that began with a form of ours has to end on a page of ours: that page then leaves by itself, which is a new
//! navigation. Any other chain is redirected at once. The browser says how the chain began, and one that doesn't say
//! so gets the page: perhaps one more than needed, never one too few.

use std::sync::Arc;

use maud::{Markup, html};
use poem::http::header::{LOCATION, REFERRER_POLICY};
use poem::http::{HeaderValue, StatusCode};
use poem::{IntoResponse, Response};

use super::answer::Answer;
use super::layout::{Frame, document, page};
use super::visitor::Visitor;
use crate::domain::record::next::Next;
use crate::domain::session::Live;
use crate::domain::token::Ticket;
use crate::path::{
    ENTER, HOME, REAUTHENTICATE, SIGN_IN, SIGN_OUT, app_callback, app_start, enter, with_next,
};
use crate::web::apps::App;
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};

const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// Hands over, or asks for a sign-in, or says why not. A ticket that does not work never redirects.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let mut response = answer(&house, &visitor).await?;
    // Its own address has the ticket in it.
    response.headers_mut().insert(REFERRER_POLICY, NO_REFERRER);
    Ok(response)
}

async fn answer(house: &House, visitor: &Visitor) -> Answer {
    let token = parameter(visitor, "ticket").unwrap_or_default();
    let opened = house.gatepost.open_ticket(&token).await?;
    let opened =
        opened.and_then(|opened| Some((house.site.apps.named(&opened.ticket.host).cloned()?, opened)));
    let Some((app, opened)) = opened else { return Ok(over(house, visitor, None)) };
    if opened.is_late {
        return Ok(over(house, visitor, Some((&app, &opened.ticket))));
    }
    let here = enter(&token);
    let Some(live) = &visitor.signed_in else {
        // Someone who registers on the way confirms it there too, with the ticket still at hand.
        let mut response = visitor.lead_to(&with_next(SIGN_IN, Some(&here)));
        Problem::of(Code::SignInRequired).name(&mut response);
        return Ok(response);
    };
    if !app.admission.admits(&live.account) {
        return Ok(not_allowed(house, visitor, (&app, live), &here));
    }
    if house.gatepost.is_over(&app.admission, &live.session) {
        let mut response = visitor.lead_to(&with_next(REAUTHENTICATE, Some(&here)));
        Problem::of(Code::RecentSignInRequired).name(&mut response);
        return Ok(response);
    }
    let token = house.gatepost.hand_over_to_app(live, &opened.ticket).await?;
    let place = app.url.link(&app_callback(&token));
    Ok(if visitor.is_htmx || visitor.may_come_from_form {
        going_on(house, visitor, &app, &place)
    } else {
        let place = HeaderValue::from_str(&place).expect("visible ASCII");
        Response::builder().status(StatusCode::SEE_OTHER).header(LOCATION, place).finish()
    })
}

/// The page that leaves by itself.
fn going_on(house: &House, visitor: &Visitor, app: &App, place: &str) -> Response {
    if visitor.is_htmx {
        return visitor.lead_to(place);
    }
    let title = format!("Going on to {}", app.card.name);
    let content = html! {
        section.card {
            h1 { (title) }
            p.lead { "If nothing happens, use this button." }
            p.actions { a.button href=(place) { "Continue" } }
        }
    };
    let frame = Frame { refresh: Some(place), ..Frame::default() };
    document(&house.site, &title, &frame, &content).into_response()
}

/// The page of a ticket that does not work, with a way to begin again where there is an app to begin with.
fn over(house: &House, visitor: &Visitor, at: Option<(&Arc<App>, &Ticket)>) -> Response {
    let problem = Problem::of(Code::Gone);
    let (title, detail) = match at {
        Some(_) => ("This took too long", "Signing in to the app took more than an hour. Open it again."),
        None => ("This link no longer works", "It isn't complete, or the app is no longer here."),
    };
    let way_on = if let Some((app, ticket)) = at {
        html! { a.button href=(app.url.link(&app_start(&ticket.path))) { "Open " (app.card.name) } }
    } else {
        html! { a.button href=(HOME) { "Go to the start page" } }
    };
    refused(house, visitor, &problem, title, &html! { p.lead { (detail) } p.actions { (way_on) } })
}

fn not_allowed(house: &House, visitor: &Visitor, (app, live): (&App, &Live), here: &str) -> Response {
    let title = format!("{} may not open {}", live.account.address, app.host());
    let content = html! {
        p.lead { "If you have another account, sign in with that one. Otherwise, ask the administrator." }
        form method="post" action=(SIGN_OUT) {
            input type="hidden" name="next" value=(with_next(SIGN_IN, Some(here)));
            button type="submit" { "Sign in as someone else" }
        }
    };
    refused(house, visitor, &Problem::of(Code::NotAllowed), &title, &content)
}

fn refused(house: &House, visitor: &Visitor, problem: &Problem, title: &str, content: &Markup) -> Response {
    let content = html! { section.card { h1 { (title) } (content) } };
    let mut response = page(&house.site, visitor, title, &content);
    problem.put_headers(&mut response, Door::Pages);
    response
}

/// Whether a sign-in is too old for the app that someone wants to go on to, however recent it is for us.
pub(super) fn needs_proof(house: &House, live: &Live, wanted: Option<&Next>) -> bool {
    let ticket = match wanted {
        Some(Next::To(place)) => {
            place.as_str().strip_prefix(ENTER).and_then(|rest| rest.strip_prefix("?ticket="))
        }
        _ => None,
    };
    let host = ticket.and_then(|ticket| house.gatepost.ticket_host(ticket));
    let app = host.and_then(|host| house.site.apps.named(&host));
    app.is_some_and(|app| house.gatepost.is_over(&app.admission, &live.session))
}

/// The app that a query names.
pub(super) fn app_in<'a>(house: &'a House, visitor: &Visitor) -> Option<&'a Arc<App>> {
    house.site.apps.named(&parameter(visitor, "app")?)
}

/// The value of a parameter that is there exactly once.
fn parameter(visitor: &Visitor, name: &str) -> Option<String> {
    let query = visitor.search.as_deref().unwrap_or_default();
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(other, _)| other == name);
    let (value, None) = (values.next()?.1, values.next()) else { return None };
    Some(value.into_owned())
}
