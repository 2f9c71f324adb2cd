//! The sections of an account's page.

use maud::{Markup, html};

use super::super::super::home::instrument;
use super::super::super::layout::{moment, on};
use super::super::acts::{end_button, end_key_button};
use super::super::emails::{in_words as email_in_words, purpose};
use super::super::outside::outside;
use super::view::View;
use crate::domain::admin::SeenEvent;
use crate::domain::operator::WayIn;
use crate::domain::outbox::Email;
use crate::domain::record::account::Account;
use crate::domain::record::client::Doer;
use crate::domain::record::event::Means;
use crate::domain::record::time::Timestamp;
use crate::path::{ADMIN_MAIL, account_page};

/// What is in the way of signing in, a sentence each.
pub(super) fn way_in(way_in: &WayIn, now: Timestamp) -> Markup {
    html! {
        section {
            h2 { "Signing in" }
            @for sentence in way_in.sentences(now) { p { (outside(&sentence)) } }
        }
    }
}

pub(super) fn facts(view: &View) -> Markup {
    let row = &view.account.row;
    let account = &row.account;
    html! {
        section {
            h2 { "Account" }
            dl {
                dt { "ID" } dd { code { (account.id) } }
                dt { "Registered" } dd { (moment(account.registered_at)) }
                dt { "Confirmed" }
                dd { @match account.confirmed_at { Some(at) => (moment(at)), None => "Not yet" } }
                dt { "Last sign-in" }
                dd { @match row.last_signed_in_at { Some(at) => (moment(at)), None => "None known" } }
                dt { "Password" } dd { @if account.password.is_some() { "Set" } @else { "None (signs in by email)" } }
                @if let Some(change) = &account.pending_change {
                    dt { "Changing to" } dd { (outside(change.address.as_str())) }
                }
            }
        }
    }
}

pub(super) fn sessions(view: &View) -> Markup {
    let (sessions, account) = (&view.account.sessions, view.account.row.account.id);
    html! {
        section {
            h2 { "Signed-in devices" }
            @if sessions.is_empty() { p { "None." } }
            ul.devices {
                @for session in sessions {
                    li id=(format!("session-{}", session.id)) {
                        div {
                            strong { (outside(&session.device)) }
                            p.hint { "Signed in with " (instrument(session.means)) " from " (session.ip) " " (on(session.created_at))
                                ". Last used " (moment(session.last_used_at)) "." }
                        }
                        @if view.is_recent { (end_button(account, session.id, &session.device)) }
                    }
                }
            }
        }
    }
}

/// The section is left out where there is none: few people have one.
pub(super) fn keys(view: &View) -> Markup {
    let (keys, account) = (&view.account.keys, view.account.row.account.id);
    html! {
        @if !keys.is_empty() {
            section {
                h2 { "Keys for programs" }
                ul.devices {
                    @for key in keys {
                        li id=(format!("key-{}", key.id)) {
                            div {
                                strong { (outside(key.name.as_str())) }
                                p.hint {
                                    "For " (key.host) ". Made " (on(key.made_at)) "."
                                    @match key.last_use {
                                        Some(last) => { " Last used " (moment(last.at)) " from " (last.ip) "." },
                                        None => " Not used yet.",
                                    }
                                    @if let Some(end) = key.expires_at { " Ends " (on(end)) "." }
                                }
                            }
                            @if view.is_recent { (end_key_button(account, key)) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn emails(account: &Account, emails: &[Email]) -> Markup {
    let to = form_urlencoded::Serializer::new(String::new())
        .append_pair("to", account.address.canonical().as_str())
        .finish();
    html! {
        section {
            h2 { "Emails" }
            @if emails.is_empty() {
                p { "None in the last week." }
            } @else {
                ul.events {
                    @for email in emails {
                        li {
                            span { (purpose(email.letter.kind)) " " span.tag { (email_in_words(email.state)) } }
                            span.hint {
                                "Queued " (moment(email.letter.queued_at))
                                @if let Some(answer) = &email.answer { ". The mail server said: " (outside(answer.as_str())) }
                            }
                        }
                    }
                }
                p { a href=(format!("{ADMIN_MAIL}?{to}")) { "Show these emails" } }
            }
        }
    }
}

pub(super) fn events(events: &[SeenEvent]) -> Markup {
    html! {
        section {
            h2 { "Events" }
            @if events.is_empty() { p { "None." } }
            ul.events {
                @for event in events {
                    li { span { (event.name.sentence_of(event.count)) } span.hint { (circumstances(event)) } }
                }
            }
        }
    }
}

/// When something happened, who did it, and from where.
fn circumstances(event: &SeenEvent) -> Markup {
    html! {
        @match event.first_at {
            Some(first) if event.count > 1 => { "Between " (moment(first)) " and " (moment(event.at)) }
            _ => (moment(event.at)),
        }
        (doer(event))
        @if let Some(means) = event.means.and_then(means_in_words) { ", " (means) }
        @if let Some((ip, device)) = &event.client { ", from " (ip) @if !device.is_empty() { ", " (outside(device)) } }
    }
}

/// Who did it, unless it was a person, as usual.
fn doer(event: &SeenEvent) -> Markup {
    html! {
        @match event.by {
            Doer::Person => {}
            Doer::Operator => ", done by the operator",
            Doer::Server => ", done by the server",
            Doer::Admin(id) => {
                ", done by "
                @match event.by_account.as_ref().and_then(|named| named.address.as_ref()) {
                    Some(address) => a href=(account_page(&id.to_string())) { (outside(address.as_str())) },
                    None => "a former administrator",
                }
            }
        }
    }
}

fn means_in_words(means: Means) -> Option<&'static str> {
    match means {
        Means::Link => Some("with a link"),
        Means::Code => Some("with a code"),
        Means::Password => Some("with a password"),
        Means::Session | Means::Command => None,
    }
}
