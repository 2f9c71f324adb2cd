//! The fields that several forms have.

use maud::{Markup, html};

use super::layout::beside;
use crate::domain::record::next::Next;
use crate::web::problem::{Code, Problem};

/// The address, as it was typed. `id` is its own on the page; `problem` is told beside it.
pub(super) fn email_field(id: &str, typed: &str, problem: Option<&Problem>, is_first: bool) -> Markup {
    address_field(id, ["Email address", "username"], typed, problem, is_first)
}

/// An address that is to be: password managers fill in none that was before.
pub(super) fn new_email_field(typed: &str, problem: Option<&Problem>) -> Markup {
    address_field("email", ["New address", "email"], typed, problem, problem.is_some())
}

fn address_field(
    id: &str,
    [label, autocomplete]: [&str; 2],
    typed: &str,
    problem: Option<&Problem>,
    is_first: bool,
) -> Markup {
    let error = format!("{id}-error");
    html! {
        div.field id=(format!("{id}-field")) {
            label for=(id) { (label) }
            input id=(id) name="email" type="email" value=(typed) required autocomplete=(autocomplete)
                autocapitalize="none" spellcheck="false" maxlength="254" placeholder="name@example.org"
                aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| error.as_str())]
                autofocus[is_first];
            (beside(&error, problem))
        }
    }
}

/// The password of an account that is there.
pub(super) fn password_field(problem: Option<&Problem>) -> Markup {
    html! {
        div.field {
            label for="password" { "Password" }
            // No maximum: what is cut off unseen would be another password.
            input #password name="password" type="password" required autocomplete="current-password"
                aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| "password-error")]
                autofocus[problem.is_some()];
            (beside("password-error", problem))
        }
    }
}

/// A password that is to be. Needed, or left empty by who goes on without one. What was wrong with one
/// stands in place of the hint: it says what to do instead.
pub(super) fn new_password_field(
    label: &str,
    hint: &str,
    is_needed: bool,
    problem: Option<&Problem>,
) -> Markup {
    let described = if problem.is_some() { "password-error" } else { "password-hint" };
    html! {
        div.field {
            label for="password" { (label) }
            input #password name="password" type="password" required[is_needed] autocomplete="new-password"
                aria-invalid=[problem.map(|_| "true")] aria-describedby=(described)
                autofocus[problem.is_some()];
            @if problem.is_none() { p.hint #password-hint { (hint) } }
            (beside("password-error", problem))
        }
    }
}

/// Whose password it is, for password managers: they keep nothing under no name.
pub(super) fn hidden_username(email: &str) -> Markup {
    html! { input type="email" value=(email) autocomplete="username" readonly hidden; }
}

/// Where the person wanted to go, carried along.
pub(super) fn hidden_next(next: Option<&Next>) -> Markup {
    html! { @if let Some(next) = next { input type="hidden" name="next" value=(next.as_str()); } }
}

/// How long a new password has to be.
pub(super) fn length_hint(min_bytes: usize) -> String {
    format!("At least {min_bytes} characters. A few words make a good one.")
}

/// A problem where it belongs: beside this field, or beside none in particular (`None`).
pub(super) fn of<'a>(problem: Option<&'a Problem>, field: &str) -> Option<&'a Problem> {
    problem.filter(|problem| problem.field == Some(field))
}

/// Whether a refusal is told inside the form that was sent, so that nothing typed is lost.
pub(super) fn is_told_inside(problem: &Problem) -> bool {
    !problem.status().is_server_error() || problem.code == Code::Busy
}
