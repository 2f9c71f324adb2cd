//! What the pages for administrators share.

use maud::{Markup, html};

use super::super::visitor::Visitor;
use crate::path::{
    ADMIN, ADMIN_ACCOUNTS, ADMIN_EVENTS, ADMIN_MAIL, ADMIN_SETTINGS, ADMIN_WAITING, REAUTHENTICATE, with_next,
};
use crate::web::house::House;

/// The pages, by their paths.
const PAGES: [(&str, &str); 6] = [
    (ADMIN, "Overview"),
    (ADMIN_ACCOUNTS, "Accounts"),
    (ADMIN_WAITING, "Not confirmed yet"),
    (ADMIN_MAIL, "Emails"),
    (ADMIN_EVENTS, "Events"),
    (ADMIN_SETTINGS, "Settings"),
];

/// Links to all of them.
pub(super) fn tabs(current: &str) -> Markup {
    html! {
        nav.tabs aria-label="Administration" {
            @for (path, label) in PAGES {
                a href=(path) aria-current=[(path == current).then_some("page")] { (label) }
            }
        }
    }
}

/// Whether the sign-in is recent enough to change something.
pub(super) fn may_act(house: &House, visitor: &Visitor) -> bool {
    visitor.signed_in.as_ref().is_some_and(|live| house.gatepost.is_recent(&live.session))
}

/// Shown in place of forms that would only lead to the same question.
pub(super) fn confirm_first(page: &str) -> Markup {
    html! {
        section.prompt {
            h2 { "Make changes" }
            p { "You signed in a while ago. Confirm it's you to change anything here." }
            p.actions { a.button href=(with_next(REAUTHENTICATE, Some(page))) { "Confirm it's you" } }
        }
    }
}
