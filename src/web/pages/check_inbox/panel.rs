//! What someone sees while waiting for an email, on the waiting page or in place of the sign-in form.

use maud::{Markup, html};

use super::super::arrival::with_next;
use super::super::form::{hidden_username, length_hint, new_password_field, of};
use super::super::layout::{address, beside, full_title, leaving};
use super::super::notice::Notice;
use super::super::own::hidden_current;
use super::super::visitor::Visitor;
use crate::domain::mailed::{CodeState, Waiting};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::path::{
    CHECK_INBOX, CODE, FORGOT_PASSWORD, PROFILE, REAUTHENTICATE, REGISTER, RESEND, SIGN_IN, UNCONFIRMED,
};
use crate::web::house::House;
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

/// The title and the heading: the next thing to do or, if the code is dead, that it is.
pub(in crate::web::pages) fn title(waiting: &Waiting) -> &'static str {
    match waiting.code {
        CodeState::Open => words(waiting.purpose).title,
        CodeState::Spent => "This code no longer works",
        CodeState::Expired => "Your code has expired",
    }
}

/// Where a waiting browser is led.
pub(in crate::web::pages) fn path_of(purpose: Purpose) -> &'static str {
    if purpose == Purpose::Register { UNCONFIRMED } else { CHECK_INBOX }
}

/// The panel as a fragment that sets the title of the page, too.
pub(in crate::web::pages) fn panel_with_title(
    house: &House,
    visitor: &Visitor,
    waiting: &Waiting,
    answered: Answered<'_>,
) -> Markup {
    html! {
        title { (full_title(&house.site, title(waiting))) }
        (panel(house, visitor, waiting, answered))
    }
}

pub(super) fn panel(house: &House, visitor: &Visitor, waiting: &Waiting, answered: Answered<'_>) -> Markup {
    html! {
        div.panel #waiting {
            h1 { (title(waiting)) }
            @match waiting.code {
                CodeState::Open => {
                    (intro(waiting))
                    (leaving(leaves(visitor, waiting)))
                    (code_form(house, visitor, waiting, answered))
                }
                CodeState::Spent => (spent(waiting)),
                CodeState::Expired => (expired(waiting)),
            }
            div #told role="status" { (told(answered)) }
            @if waiting.code != CodeState::Open { (ask_again(visitor, waiting)) }
            @if waiting.code != CodeState::Expired { (again(waiting)) }
        }
    }
}

/// What the page says, by the purpose of the email.
struct Words {
    title: &'static str,
    button: &'static str,
    /// Where another email address can be entered.
    change: Option<&'static str>,
}

fn words(purpose: Purpose) -> Words {
    let words = |title, button, change| Words { title, button, change };
    match purpose {
        Purpose::SignIn => words("Check your inbox", "Sign in", Some(SIGN_IN)),
        Purpose::Register => words("Confirm your email address", "Confirm", Some(REGISTER)),
        Purpose::ResetPassword => words("Choose a new password", "Save new password", Some(FORGOT_PASSWORD)),
        Purpose::ChangeEmail | Purpose::UndoEmail => words("Confirm your new email address", "Confirm", None),
        Purpose::Reauthenticate => words("Confirm it's you", "Continue", None),
    }
}

/// The email to confirm who is signed in has a code and no link.
fn has_link(waiting: &Waiting) -> bool {
    waiting.purpose != Purpose::Reauthenticate
}

fn intro(waiting: &Waiting) -> Markup {
    html! {
        (sent_to(waiting))
        p {
            @if has_link(waiting) { "Open the link in it, or enter its code here." }
            @else { "Enter the code from it here." }
        }
    }
}

/// Where the email went. Someone who comes back later must not read that it is still being sent.
fn sent_to(waiting: &Waiting) -> Markup {
    let has_just_asked = !waiting.resend_after.is_zero() && waiting.code == CodeState::Open;
    let next = waiting.next.as_ref().map(Next::as_str);
    html! {
        p.sent {
            @if has_just_asked { "We're sending an email to " } @else { "We sent an email to " }
            (address(&waiting.email))
            @if let Some(place) = words(waiting.purpose).change {
                " · " a #change href=(with_next(place, next)) data-change { "Change" }
            } @else {
                "."
            }
        }
    }
}

/// Shown after a wrong code as well as after a reload, so it is the panel that says it.
fn spent(waiting: &Waiting) -> Markup {
    html! {
        (sent_to(waiting))
        p role="alert" {
            "Too many wrong codes were entered, so the code in that email no longer works."
            @if has_link(waiting) { " The link in it works until it expires." }
        }
    }
}

fn expired(waiting: &Waiting) -> Markup {
    html! {
        (sent_to(waiting))
        p { @if has_link(waiting) { "Its link and code have expired." } @else { "Its code has expired." } }
    }
}

/// The account someone leaves by signing in to another one.
pub(super) fn leaves<'a>(visitor: &'a Visitor, waiting: &Waiting) -> Option<&'a EmailAddress> {
    let own = visitor.signed_in.as_ref().map(|live| &live.account.address);
    own.filter(|own| waiting.asked_by.is_none() && own.canonical() != waiting.email.canonical())
}

pub(super) fn code_form(
    house: &House,
    visitor: &Visitor,
    waiting: &Waiting,
    answered: Answered<'_>,
) -> Markup {
    let problem = if let Answered::Refused(problem) = answered { Some(problem) } else { None };
    let beside_password = of(problem, "password");
    let beside_code = problem.filter(|_| beside_password.is_none());
    // A page has one place for the focus, and a notice comes first.
    let is_first = beside_code.is_some() || (problem.is_none() && visitor.notice.is_none());
    let sets_password = waiting.purpose == Purpose::ResetPassword;
    html! {
        form #code-form method="post" action=(CODE) hx-post=(CODE) hx-target="#code-form" hx-swap="outerHTML" {
            input type="hidden" name="request" value=(waiting.held.nonce());
            (hidden_current(visitor))
            div.field {
                label for="code" { "6-digit code" }
                // No maximum length: a code pasted with spaces in it must fit.
                input.code #code name="code" type="text" inputmode="numeric" autocomplete="one-time-code"
                    required enterkeyhint=(if sets_password { "next" } else { "go" })
                    aria-invalid=[beside_code.map(|_| "true")]
                    aria-describedby=[beside_code.map(|_| "code-error")] autofocus[is_first];
                (beside("code-error", beside_code))
            }
            @if sets_password {
                (hidden_username(waiting.email.as_str()))
                (new_password_field("New password", &length_hint(house.gatepost.min_password_bytes()), true, beside_password))
            }
            button type="submit" { (words(waiting.purpose).button) }
        }
    }
}

/// The answer to a request for another email. It is outside of [`again`], which is redrawn every few
/// seconds: inside it, no one would have the time to read it.
fn told(answered: Answered<'_>) -> Markup {
    html! {
        @match answered {
            Answered::Sent(notice) => p { (notice.sentence()) },
            Answered::NotSent(problem) => p.error { (problem.detail) },
            Answered::Nothing | Answered::Refused(_) => {}
        }
    }
}

/// The same with the state of the request, for a page that shows the rest already.
pub(super) fn again_and_told(waiting: &Waiting, answered: Answered<'_>) -> Markup {
    html! {
        (again(waiting))
        div #told role="status" hx-swap-oob="true" { (told(answered)) }
    }
}

/// What to do once the code is dead. Not everything can be requested again from here: a registration
/// needs its password again, and some requests need a live session.
fn ask_again(visitor: &Visitor, waiting: &Waiting) -> Markup {
    let next = waiting.next.as_ref().map(Next::as_str);
    let is_expired = waiting.code == CodeState::Expired;
    html! {
        @match waiting.purpose {
            Purpose::Reauthenticate => a.button href=(with_next(REAUTHENTICATE, next)) { "Get a new code" },
            Purpose::ChangeEmail | Purpose::UndoEmail => a.button href=(PROFILE) { "Back to your account" },
            Purpose::Register if is_expired => a.button href=(with_next(REGISTER, next)) { "Register again" },
            _ => form method="post" action=(RESEND) {
                input type="hidden" name="request" value=(waiting.held.nonce());
                (resend_button(waiting, visitor.notice.is_none()))
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
pub(super) fn again(waiting: &Waiting) -> Markup {
    html! {
        div.again #again aria-live="off" hx-get=(poll(waiting)) hx-trigger="every 3s" hx-swap="outerMorph" {
            (hint(waiting))
            div.row {
                @if waiting.code == CodeState::Open {
                    form method="post" action=(RESEND) hx-post=(RESEND) hx-target="#again" hx-swap="outerMorph" {
                        input type="hidden" name="request" value=(waiting.held.nonce());
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
fn poll(waiting: &Waiting) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("request", &waiting.held.nonce().to_string());
    let next =
        if waiting.asked_by.is_some() { Some(PROFILE) } else { waiting.next.as_ref().map(Next::as_str) };
    if let Some(next) = next {
        query.append_pair("next", next);
    }
    if waiting.code == CodeState::Spent {
        query.append_pair("spent", "yes");
    }
    format!("{CHECK_INBOX}?{}", query.finish())
}
