//! What the account page is drawn from.

use super::super::notice::Notice;
use super::super::visitor::Visitor;
use crate::domain::profile::Entry;
use crate::domain::record::account::PendingChange;
use crate::domain::record::app_key::AppKey;
use crate::domain::record::session::Session;
use crate::domain::session::Live;
use crate::path::CHECK_INBOX;
use crate::web::house::House;
use crate::web::problem::Problem;

/// A row of the page that has forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Password,
    Email,
    Sessions,
    Notices,
    Keys,
    Deletion,
}

/// The outcome of a form.
pub(super) enum Told<'a> {
    Nothing,
    Done(Section, Notice),
    /// The form was drawn for another account than the one signed in.
    NotOwn(&'a Problem),
    /// With the address that was entered, if there was one.
    Refused(Section, &'a Problem, &'a str),
}

impl Told<'_> {
    pub(super) fn done(&self, section: Section) -> Option<Notice> {
        match self {
            Self::Done(of, notice) if *of == section => Some(*notice),
            _ => None,
        }
    }

    pub(super) fn refused(&self, section: Section) -> Option<&Problem> {
        match self {
            Self::Refused(of, problem, _) if *of == section => Some(problem),
            _ => None,
        }
    }

    /// What was entered in the form of this row.
    pub(super) fn entered_in(&self, section: Section) -> &str {
        match self {
            Self::Refused(of, _, entered) if *of == section => entered,
            _ => "",
        }
    }
}

/// Everything the page shows.
pub(super) struct View {
    pub(super) live: Live,
    pub(super) sessions: Vec<Session>,
    pub(super) keys: Vec<AppKey>,
    pub(super) history: Vec<Entry>,
    pub(super) pending: Option<PendingChange>,
    /// The page for entering its code, if this browser requested it.
    pub(super) code_place: Option<String>,
    pub(super) is_recent: bool,
}

impl View {
    pub(super) async fn of(house: &House, visitor: &Visitor, live: Live) -> Result<Self, Problem> {
        let sessions = house.gatepost.sessions(&live).await?;
        let keys = house.gatepost.app_keys(&live.account).await?;
        let history = house.gatepost.recent_history(&live).await?;
        let is_recent = house.gatepost.is_recent(&live.session);
        let pending = live.account.pending_change.clone();
        let request = pending.as_ref().map(|change| change.nonce.to_string());
        let held = request.filter(|request| visitor.request(Some(request)).is_some());
        let code_place = held.map(|request| format!("{CHECK_INBOX}?request={request}"));
        Ok(Self { live, sessions, keys, history, pending, code_place, is_recent })
    }
}
