//! The account page: the account, and everything a person can do with it.
//!
//! It is one piece. After any change all of it is drawn again, with the outcome in the row of the form
//! that was sent. Forms are shown only while the sign-in is recent: otherwise the values entered would be
//! lost on the way through `/reauthenticate`.

mod act;
mod devices;
mod sections;

use maud::{Markup, html};
use poem::Response;

pub(super) use self::act::{
    cancel_email, change_email, change_password, delete, end_others, end_session, remove_password,
};
use super::answer::{Answer, fragment};
use super::arrival;
use super::layout::page;
use super::notice::Notice;
use super::visitor::Visitor;
use crate::domain::profile::SHOWN_EVENTS;
use crate::domain::record::account::PendingChange;
use crate::domain::record::event::Event;
use crate::domain::record::session::Session;
use crate::domain::session::Live;
use crate::path::{CHECK_INBOX, PROFILE};
use crate::web::api::export_of;
use crate::web::house::House;
use crate::web::problem::Problem;

/// A row of the page that has forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Password,
    Email,
    Sessions,
    Deletion,
}

/// The outcome of a form.
enum Told<'a> {
    Nothing,
    Done(Section, Notice),
    /// With the address that was entered, if there was one.
    Refused(Section, &'a Problem, &'a str),
}

impl Told<'_> {
    fn done(&self, section: Section) -> Option<Notice> {
        match self {
            Self::Done(of, notice) if *of == section => Some(*notice),
            _ => None,
        }
    }

    fn refused(&self, section: Section) -> Option<&Problem> {
        match self {
            Self::Refused(of, problem, _) if *of == section => Some(problem),
            _ => None,
        }
    }

    fn entered(&self) -> &str {
        match self {
            Self::Refused(_, _, entered) => entered,
            _ => "",
        }
    }
}

/// Everything the page shows.
struct View {
    live: Live,
    sessions: Vec<Session>,
    events: Vec<Event>,
    pending: Option<PendingChange>,
    /// The page for entering its code, if this browser requested it.
    code_place: Option<String>,
    is_recent: bool,
}

impl View {
    async fn of(house: &House, visitor: &Visitor, live: Live) -> Result<Self, Problem> {
        let sessions = house.gatepost.sessions(&live).await?;
        let events = house.gatepost.events(&live, SHOWN_EVENTS).await?;
        let is_recent = house.gatepost.is_recent(&live.session);
        let pending = live.account.pending_change.clone();
        let request = pending.as_ref().map(|change| change.nonce.to_string());
        let held = request.filter(|request| visitor.request(Some(request)).is_some());
        let code_place = held.map(|request| format!("{CHECK_INBOX}?request={request}"));
        Ok(Self { live, sessions, events, pending, code_place, is_recent })
    }
}

/// The account page of the person who is signed in.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let Some(live) = visitor.signed_in.clone() else {
        return Ok(arrival::first(&visitor, Some(PROFILE)));
    };
    drawn(&house, &visitor, live, &Told::Nothing).await
}

/// Everything stored about the person, as a file.
pub(super) async fn export(house: House, visitor: Visitor) -> Answer {
    let Some(live) = &visitor.signed_in else { return Ok(arrival::first(&visitor, Some(PROFILE))) };
    let json = export_of(&house, live).await?;
    Ok(Response::builder()
        .content_type("application/json")
        .header("content-disposition", "attachment; filename=\"account.json\"")
        .body(json))
}

/// The page or, for htmx, its one piece.
async fn drawn(house: &House, visitor: &Visitor, live: Live, told: &Told<'_>) -> Answer {
    let view = View::of(house, visitor, live).await?;
    let content = whole(house, &view, told);
    if visitor.is_htmx {
        return Ok(fragment(content));
    }
    Ok(page(&house.site, visitor, "Your account", &content))
}

fn whole(house: &House, view: &View, told: &Told<'_>) -> Markup {
    html! {
        section.card.account #profile {
            (sections::heading(view))
            @if !view.is_recent { (sections::confirm_first()) }
            (sections::email(view, told))
            (sections::password(house, view, told))
            (devices::devices(view, told))
            (sections::data())
            (sections::events(view))
            (sections::deletion(view, told))
        }
    }
}
