//! What someone sees while waiting for an email, on the waiting page or in place of the sign-in form.

use maud::{Markup, html};

use super::super::form::{hidden_next, hidden_username, length_hint, new_password_field, of};
use super::super::layout::{address, beside, full_title, leaving};
use super::super::own::{hidden_current, is_about_account};
use super::super::visitor::Visitor;
use super::again::{Answered, again, ask_again, newly_wanted, told, wanted};
use crate::domain::mailed::{CodeState, Waiting};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::path::{CHECK_INBOX, CODE, FORGOT_PASSWORD, REGISTER, SIGN_IN, UNCONFIRMED, with_next};
use crate::web::house::House;
use crate::web::problem::Problem;

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
                    (intro(visitor, waiting))
                    (beside("account-error", refused(answered).filter(|problem| is_about_account(problem))))
                    (leaving(leaves(visitor, waiting)))
                    (code_form(house, visitor, waiting, answered))
                }
                CodeState::Spent => (spent(visitor, waiting)),
                CodeState::Expired => (expired(visitor, waiting)),
            }
            div #told role="status" { (told(answered)) }
            @if waiting.code != CodeState::Open { (ask_again(visitor, waiting)) }
            @if waiting.code != CodeState::Expired { (again(visitor, waiting)) }
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
        Purpose::ChangeEmail | Purpose::UndoEmail | Purpose::SecureAccount => {
            words("Confirm your new email address", "Confirm", None)
        }
        Purpose::Reauthenticate => words("Confirm it's you", "Continue", None),
    }
}

/// The email to confirm who is signed in has a code and no link.
fn has_link(waiting: &Waiting) -> bool {
    waiting.purpose != Purpose::Reauthenticate
}

fn intro(visitor: &Visitor, waiting: &Waiting) -> Markup {
    html! {
        (sent_to(visitor, waiting))
        p {
            @if has_link(waiting) { "Open the link in it, or enter its code here." }
            @else { "Enter the code from it here." }
        }
    }
}

/// Where the email went. Someone who comes back later must not read that it is still being sent.
fn sent_to(visitor: &Visitor, waiting: &Waiting) -> Markup {
    let has_just_asked = !waiting.resend_after.is_zero() && waiting.code == CodeState::Open;
    let next = wanted(visitor, waiting).map(Next::text);
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
fn spent(visitor: &Visitor, waiting: &Waiting) -> Markup {
    html! {
        (sent_to(visitor, waiting))
        p role="alert" {
            "Too many wrong codes were entered, so the code in that email no longer works."
            @if has_link(waiting) { " The link in it works until it expires." }
        }
    }
}

fn expired(visitor: &Visitor, waiting: &Waiting) -> Markup {
    html! {
        (sent_to(visitor, waiting))
        p { @if has_link(waiting) { "Its link and code have expired." } @else { "Its code has expired." } }
    }
}

/// The account someone leaves by signing in to another one.
pub(super) fn leaves<'a>(visitor: &'a Visitor, waiting: &Waiting) -> Option<&'a EmailAddress> {
    let own = visitor.signed_in.as_ref().map(|live| &live.account.address);
    own.filter(|own| waiting.asked_by.is_none() && own.canonical() != waiting.email.canonical())
}

/// Why the code was refused, if it was.
fn refused(answered: Answered<'_>) -> Option<&Problem> {
    if let Answered::Refused(problem) = answered { Some(problem) } else { None }
}

pub(super) fn code_form(
    house: &House,
    visitor: &Visitor,
    waiting: &Waiting,
    answered: Answered<'_>,
) -> Markup {
    let problem = refused(answered).filter(|problem| !is_about_account(problem));
    let beside_password = of(problem, "password");
    let beside_code = problem.filter(|_| beside_password.is_none());
    // A page has one place for the focus, and a notice comes first.
    let is_first = beside_code.is_some() || (problem.is_none() && visitor.notices.is_empty());
    let sets_password = waiting.purpose == Purpose::ResetPassword;
    html! {
        form #code-form method="post" action=(CODE) hx-post=(CODE) hx-target="#code-form" hx-swap="outerHTML" {
            input type="hidden" name="request" value=(waiting.held.nonce());
            (hidden_current(visitor))
            (hidden_next(newly_wanted(visitor, waiting)))
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
