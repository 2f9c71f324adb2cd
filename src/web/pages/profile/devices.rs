//! The row of signed-in devices.

use maud::{Markup, html};

use super::super::home::instrument;
use super::super::layout::{in_words, moment, on};
use super::super::own::hidden_account;
use super::sections::{SWAP, done, refused};
use super::view::{Section, Told, View};
use crate::domain::record::session::Session;
use crate::path::{PROFILE_END_OTHERS, session_end};

/// All devices, the one that is looking at the page first.
pub(super) fn devices(view: &View, told: &Told<'_>) -> Markup {
    let current = view.live.session.id;
    let (this, others): (Vec<&Session>, Vec<&Session>) =
        view.sessions.iter().partition(|session| session.id == current);
    html! {
        section.subject {
            h2 { "Signed-in devices" }
            div.subject-body {
                (done(told, Section::Sessions))
                (refused(told.refused(Section::Sessions)))
                ul.devices {
                    @for session in this { (device(session, &html! { span.tag { "This device" } })) }
                    @for session in &others {
                        (device(session, &html! { @if view.is_recent { (end(session)) } }))
                    }
                }
                @if view.is_recent && !others.is_empty() {
                    form method="post" action=(PROFILE_END_OTHERS) hx-post=(PROFILE_END_OTHERS) hx-target="#profile" hx-swap=(SWAP) {
                        (hidden_account(view.live.account.id))
                        button #end-others.quiet type="submit" { "Sign out all other devices" }
                    }
                }
            }
        }
    }
}

fn device(session: &Session, beside: &Markup) -> Markup {
    html! {
        li {
            div {
                strong { (session.device) }
                p.hint { "Signed in with " (instrument(session.means)) " from " (session.ip) " " (on(session.created_at))
                    ". Last used " (moment(session.last_used_at)) "." }
            }
            (beside)
        }
    }
}

fn end(session: &Session) -> Markup {
    let id = session.id.to_string();
    let path = session_end(&id);
    // A screen reader may list buttons without what is around them, so each names its device.
    let label = format!("Sign out {}, signed in on {}", session.device, in_words(session.created_at));
    html! {
        form method="post" action=(path) hx-post=(path) hx-target="#profile" hx-swap=(SWAP) {
            (hidden_account(session.account))
            button.quiet id=(format!("end-{id}")) type="submit" aria-label=(label) { "Sign out" }
        }
    }
}
