//! The rows about devices: those that are signed in, and emails about new ones.

use maud::{Markup, html};

use super::super::home::instrument;
use super::super::layout::{in_words, moment, on};
use super::super::own::hidden_account;
use super::sections::{SWAP, done, refused};
use super::view::{Section, Told, View};
use crate::domain::record::session::Session;
use crate::path::{PROFILE_END_OTHERS, PROFILE_NOTICES, session_end};

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

/// Whether emails about sign-ins on new devices are on, and the button that changes that.
pub(super) fn notices(view: &View, told: &Told<'_>) -> Markup {
    let account = &view.live.account;
    let are_off = account.device_emails.are_off;
    html! {
        section.subject {
            h2 { "New devices" }
            div.subject-body {
                p.value {
                    @if are_off { "You get no email when someone signs in on a new device." }
                    @else { "We email you when someone signs in with your password on a new device." }
                }
                (done(told, Section::Notices))
                @if let Some(problem) = told.refused(Section::Notices) { p.error role="alert" { (problem.detail) } }
                @if view.is_recent {
                    form method="post" action=(PROFILE_NOTICES) hx-post=(PROFILE_NOTICES) hx-target="#profile" hx-swap=(SWAP) {
                        (hidden_account(account.id))
                        input type="hidden" name="new_device" value=(if are_off { "yes" } else { "no" });
                        button #change-notices.quiet type="submit" {
                            @if are_off { "Turn these emails on" } @else { "Turn these emails off" }
                        }
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
