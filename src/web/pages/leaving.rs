//! Going on to an app.
//!
//! Browsers enforce the `form-action` of the page with a form on every redirect that follows it. An app that
//! redirects on to another origin, as many do to sign in, would be blocked without a word, and the person
//! would be stuck on our page. So a form that leads to an app gets a page of its own, which the browser
//! leaves by itself: that is a new navigation, to which `form-action` does not apply.

use maud::html;
use poem::http::HeaderValue;
use poem::http::header::REFERRER_POLICY;
use poem::{IntoResponse, Response};

use super::layout::{Frame, document};
use super::query::Query;
use super::visitor::{Visitor, in_ascii};
use crate::domain::record::next::Next;
use crate::path::{is_link, is_page, sends_on};
use crate::web::house::Site;

/// The longest part of a path that is shown.
const SHOWN_CHARS: usize = 60;

/// Leads to a page of ours, or to an app.
pub(super) fn lead(site: &Site, visitor: &Visitor, place: &str) -> Response {
    // htmx navigates by itself, which is no form either. A page that asks for a cookie goes on from there.
    let asks_first = visitor.asking_for_cookies(place).is_some();
    if visitor.is_htmx || !visitor.may_follow_form() || asks_first || stays_here(site, place) {
        return visitor.lead_to(place);
    }
    going_on(site, place)
}

/// Whether all redirects from there end on a page of ours. Someone signed in is sent on from some of our
/// pages to their `next`, still as part of the same chain: a used link leads to its own.
fn stays_here(site: &Site, place: &str) -> bool {
    if !sends_on(place) {
        return is_page(place) && !is_link(place);
    }
    let before_fragment = place.split('#').next().unwrap_or_default();
    let query = before_fragment.split_once('?').map_or("", |(_, query)| query);
    match Query::read(query).next() {
        Some(Next::To(next)) => stays_here(site, next.as_str()),
        _ => is_page(site.home.as_str()),
    }
}

fn going_on(site: &Site, place: &str) -> Response {
    let place = in_ascii(place);
    let path = place.split(['?', '#']).next().unwrap_or_default();
    let title = match path.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("Going on to {}…", &path[..end]),
        None => format!("Going on to {path}"),
    };
    let content = html! {
        section.card {
            h1 { (title) }
            p.lead { "If nothing happens, use this button." }
            p.actions { a.button href=(place) { "Continue" } }
        }
    };
    let frame = Frame { refresh: Some(&place), ..Frame::default() };
    let mut response = document(site, &title, &frame, &content).into_response();
    // The page may be that of a link, whose path contains a token: the app must not learn it.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
