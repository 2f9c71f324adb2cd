//! Asking again while waiting for an email: for another one, and for the state of the request.

use maud::{Markup, html};

use super::super::form::hidden_next;
use super::super::notice::Notice;
use super::super::visitor::Visitor;
use crate::domain::mailed::{CodeState, Waiting};
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::path::{CHECK_INBOX, PROFILE, REAUTHENTICATE, REGISTER, RESEND, with_next};
use crate::web::problem::Problem;

/// The result of the form that was just sent.
#[derive(Clone, Copy)]
pub(in crate::web::pages) enum Answered<'a> {
    /// No form was sent.
    Nothing,
    /// Another email is on its way.
    Sent(Notice),
    /// The code, or the password beside it, was refused.
    Refused(&'a Problem),
    /// No further email was sent.
    NotSent(&'a Problem),
}

/// Where the person wants to go afterwards: what the page was opened with counts before what the email was
/// requested with.
pub(super) fn wanted<'a>(visitor: &'a Visitor, waiting: &'a Waiting) -> Option<&'a Next> {
    newly_wanted(visitor, waiting).or(waiting.next.as_ref())
}

/// What the page was opened with, if it is something new, which its forms carry along. A page that waits for
/// something an account requested is opened with nothing of its own.
pub(super) fn newly_wanted<'a>(visitor: &'a Visitor, waiting: &Waiting) -> Option<&'a Next> {
    let wanted = visitor.wanted.as_ref().filter(|_| waiting.asked_by.is_none());
    wanted.filter(|wanted| waiting.next.as_ref() != Some(*wanted))
}

/// The answer to a request for another email. It is outside of [`again`], which is redrawn every few
/// seconds: inside it, no one would have the time to read it.
pub(super) fn told(answered: Answered<'_>) -> Markup {
    html! {
        @match answered {
            Answered::Sent(notice) => p { (notice.sentence()) },
            Answered::NotSent(problem) => p.error { (problem.detail) },
            Answered::Nothing | Answered::Refused(_) => {}
        }
    }
}

/// The same with the state of the request, for a page that shows the rest already.
pub(super) fn again_and_told(visitor: &Visitor, waiting: &Waiting, answered: Answered<'_>) -> Markup {
    html! {
        (again(visitor, waiting))
        div #told role="status" hx-swap-oob="true" { (told(answered)) }
    }
}

/// What to do once the code is dead. Not everything can be requested again from here: a registration
/// needs its password again, and some requests need a live session.
pub(super) fn ask_again(visitor: &Visitor, waiting: &Waiting) -> Markup {
    let next = wanted(visitor, waiting).map(Next::text);
    let is_expired = waiting.code == CodeState::Expired;
    html! {
        @match waiting.purpose {
            Purpose::Reauthenticate => a.button href=(with_next(REAUTHENTICATE, next)) { "Get a new code" },
            Purpose::ChangeEmail | Purpose::UndoEmail | Purpose::SecureAccount => a.button href=(PROFILE) { "Back to your account" },
            Purpose::Register if is_expired => a.button href=(with_next(REGISTER, next)) { "Register again" },
            _ => form method="post" action=(RESEND) {
                input type="hidden" name="request" value=(waiting.held.nonce());
                (hidden_next(newly_wanted(visitor, waiting)))
                (resend_button(waiting, visitor.notices.is_empty()))
            },
        }
    }
}

/// Without the script the button is always ready, and the hint says when to press it. The script
/// counts the wait down in the button.
fn resend_button(waiting: &Waiting, is_first: bool) -> Markup {
    let (label, waits) = match waiting.code {
        CodeState::Open => ("Send another email", "Send again in"),
        CodeState::Spent => ("Send a new code", "Send a new code in"),
        CodeState::Expired => ("Send a new email", "Send a new email in"),
    };
    let wait = Some(seconds(waiting)).filter(|wait| *wait > 0);
    html! {
        button #resend class=[(waiting.code == CodeState::Open).then_some("quiet")] type="submit" autofocus[is_first]
            data-label=(label) data-waits=(waits) data-wait=[wait] { (label) }
    }
}

/// Whole seconds until another email can be requested, never too few.
fn seconds(waiting: &Waiting) -> u64 {
    waiting.resend_after.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

/// The state of the request, asked for again every few seconds. Nothing in here is entered by a
/// person, so nothing is lost when it is redrawn.
pub(super) fn again(visitor: &Visitor, waiting: &Waiting) -> Markup {
    html! {
        div.again #again aria-live="off" hx-get=(poll(visitor, waiting)) hx-trigger="every 3s" hx-swap="outerMorph" {
            (hint(waiting))
            div.row {
                @if waiting.code == CodeState::Open {
                    form method="post" action=(RESEND) hx-post=(RESEND) hx-target="#again" hx-swap="outerMorph" {
                        input type="hidden" name="request" value=(waiting.held.nonce());
                        (hidden_next(newly_wanted(visitor, waiting)))
                        (resend_button(waiting, false))
                    }
                }
                @if waiting.asked_by.is_some() { a href=(PROFILE) { "Back to your account" } }
            }
        }
    }
}

/// How long to wait, for browsers without the script, which shows it in the button.
fn hint(waiting: &Waiting) -> Markup {
    let secs = seconds(waiting);
    let unit = if secs == 1 { "second" } else { "seconds" };
    html! {
        @match (waiting.code, secs) {
            (CodeState::Open, 0) => p.hint { "No email? Check your spam folder, or send another." },
            (CodeState::Open, _) => p.hint {
                "No email? Check your spam folder."
                span.unscripted { " You can send another in " (secs) " " (unit) "." }
            },
            (CodeState::Spent, 1..) if waiting.asked_by.is_none() => {
                p.hint.unscripted { "You can send a new code in " (secs) " " (unit) "." }
            }
            _ => {}
        }
    }
}

/// Its query says what the page shows, so that a page with a code field learns when the code is dead.
fn poll(visitor: &Visitor, waiting: &Waiting) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("request", &waiting.held.nonce().to_string());
    let next =
        if waiting.asked_by.is_some() { Some(PROFILE) } else { wanted(visitor, waiting).map(Next::text) };
    if let Some(next) = next {
        query.append_pair("next", next);
    }
    if waiting.code == CodeState::Spent {
        query.append_pair("spent", "yes");
    }
    format!("{CHECK_INBOX}?{}", query.finish())
}
