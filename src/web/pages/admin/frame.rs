//! What the pages for administrators share.

use maud::{Markup, html};

use crate::path::{ADMIN, ADMIN_MAIL, ADMIN_SETTINGS, REAUTHENTICATE, with_next};

/// The pages, by their paths.
const PAGES: [(&str, &str); 3] = [(ADMIN, "Overview"), (ADMIN_MAIL, "Emails"), (ADMIN_SETTINGS, "Settings")];

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
