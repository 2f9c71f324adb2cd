//! The account page: what there is, and everything a person can do with it.
//!
//! It is one piece: whatever was changed, all of it is drawn anew, with what came of it said in the
//! section where it was asked for. Forms are shown only while the sign-in is recent, so that nothing
//! typed is lost on the way to prove it.

mod act;
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

/// A part of the page that has forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Password,
    Email,
    Sessions,
    Deletion,
}

/// What came of a form.
enum Told<'a> {
    Nothing,
    Done(Section, Notice),
    /// With the address that was typed, where one was.
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

    /// What was done.
    fn sentence(&self) -> &str {
        match self {
            Self::Done(_, notice) => notice.sentence(),
            _ => "",
        }
    }

    fn typed(&self) -> &str {
        match self {
            Self::Refused(_, _, typed) => typed,
            _ => "",
        }
    }
}

/// All that the page shows.
struct View {
    live: Live,
    sessions: Vec<Session>,
    events: Vec<Event>,
    pending: Option<PendingChange>,
    /// Where its code is typed, if it was asked for in this browser.
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

/// The account page, for who is signed in.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let Some(live) = visitor.signed_in.clone() else {
        return Ok(arrival::first(&visitor, Some(PROFILE)));
    };
    drawn(&house, &visitor, live, &Told::Nothing).await
}

/// All that is known of the person, as a file.
pub(super) async fn export(house: House, visitor: Visitor) -> Answer {
    let Some(live) = &visitor.signed_in else { return Ok(arrival::first(&visitor, Some(PROFILE))) };
    let json = export_of(&house, live).await?;
    Ok(Response::builder()
        .content_type("application/json")
        .header("content-disposition", "attachment; filename=\"account.json\"")
        .body(json))
}

/// The page or, for htmx, its one piece. What reads out what was done stays beside it: nobody listens to a
/// region that comes together with its words.
async fn drawn(house: &House, visitor: &Visitor, live: Live, told: &Told<'_>) -> Answer {
    let view = View::of(house, visitor, live).await?;
    let content = whole(house, &view, told);
    if visitor.is_htmx {
        return Ok(fragment(html! { (content) p #told hx-swap-oob="innerHTML" { (told.sentence()) } }));
    }
    let content = html! { p #told.unseen role="status" {} (content) };
    Ok(page(&house.site, visitor, "Profile", &content))
}

fn whole(house: &House, view: &View, told: &Told<'_>) -> Markup {
    html! {
        div.stack #profile {
            (sections::account(view))
            @if !view.is_recent { (sections::prove_first()) }
            (sections::password(house, view, told))
            (sections::email(view, told))
            (sections::sessions(view, told))
            (sections::data(view, told))
            (sections::events(view))
        }
    }
}
