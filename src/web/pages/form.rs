//! The fields and forms that several pages share.

use maud::{Markup, html};
use poem::Response;

use super::answer::fragment;
use super::layout::{beside, page};
use super::visitor::{GIVEN_COOKIE, Visitor};
use crate::domain::record::next::Next;
use crate::path::SIGN_IN;
use crate::web::house::{Door, Site};
use crate::web::problem::{Code, Problem};

/// A form as it was sent, and why it was refused.
#[derive(Clone, Copy, Default)]
pub(super) struct Entered<'a> {
    pub(super) email: &'a str,
    /// Where the person wants to go.
    pub(super) wanted: Option<&'a Next>,
    pub(super) problem: Option<&'a Problem>,
}

/// The label of the Enter key on an on-screen keyboard.
#[derive(Clone, Copy)]
pub(super) enum EnterKey {
    /// Another field follows.
    Next,
    /// The form is complete.
    Go,
}

impl EnterKey {
    fn hint(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Go => "go",
        }
    }
}

/// Requests a sign-in email. The answer appears in [`result`].
pub(super) fn sign_in_form(entered: &Entered<'_>, is_first: bool) -> Markup {
    html! {
        form method="post" action=(SIGN_IN) hx-post=(SIGN_IN) hx-target="#result" {
            (hidden_next(entered.wanted))
            (email_field(entered.email, entered.problem, is_first, EnterKey::Go))
            (address_button("Email me a sign-in link"))
        }
    }
}

/// Where the answer to [`sign_in_form`] appears and is announced. It takes the place of `#ask`, which
/// the answer hides.
pub(super) fn result() -> Markup {
    html! { div #result role="status" aria-live="polite" {} }
}

/// The email address someone signs in with, as they entered it. `problem` is shown beside it.
pub(super) fn email_field(
    entered: &str,
    problem: Option<&Problem>,
    is_first: bool,
    enter: EnterKey,
) -> Markup {
    address_field(["Email address", "username"], entered, problem, is_first, enter)
}

/// A new email address. Password managers must not fill in the current one.
pub(super) fn new_email_field(entered: &str, problem: Option<&Problem>) -> Markup {
    address_field(["New email address", "email"], entered, problem, problem.is_some(), EnterKey::Go)
}

/// Sends a form with an email address, which the server checks. A browser would refuse an address that was
/// pasted together with an invisible character, and no one could see what is wrong with it.
pub(super) fn address_button(label: &str) -> Markup {
    html! { button type="submit" formnovalidate { (label) } }
}

fn address_field(
    [label, autocomplete]: [&str; 2],
    entered: &str,
    problem: Option<&Problem>,
    is_first: bool,
    enter: EnterKey,
) -> Markup {
    html! {
        div.field #email-field {
            label for="email" { (label) }
            input #email name="email" type="email" value=(entered) required autocomplete=(autocomplete)
                autocapitalize="none" spellcheck="false" maxlength="254" placeholder="name@example.org"
                enterkeyhint=(enter.hint())
                aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| "email-error")]
                autofocus[is_first];
            (beside("email-error", problem))
        }
    }
}

/// The password of an existing account.
pub(super) fn password_field(problem: Option<&Problem>) -> Markup {
    html! {
        div.field {
            label for="password" { "Password" }
            // No maximum length: a password cut off without notice would be a different one.
            input #password name="password" type="password" required autocomplete="current-password"
                enterkeyhint="go"
                aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| "password-error")]
                autofocus[problem.is_some()];
            (beside("password-error", problem))
        }
    }
}

/// A new password. An error replaces the hint, because it says what to do instead.
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
                enterkeyhint="go"
                aria-invalid=[problem.map(|_| "true")] aria-describedby=(described)
                autofocus[problem.is_some()];
            @if problem.is_none() { p.hint #password-hint { (hint) } }
            (beside("password-error", problem))
        }
    }
}

/// The account a password belongs to. Without it, password managers save the password under no name.
pub(super) fn hidden_username(email: &str) -> Markup {
    html! { input type="email" value=(email) autocomplete="username" readonly hidden; }
}

/// Carries along where the person wanted to go.
pub(super) fn hidden_next(next: Option<&Next>) -> Markup {
    html! { @if let Some(next) = next { input type="hidden" name="next" value=(next.text()); } }
}

/// Says with the form that its page gave the browser a cookie. If none comes back with it, the browser
/// keeps none.
pub(super) fn hidden_cookie(visitor: &Visitor) -> Markup {
    html! { @if visitor.may_keep_no_cookies() { input type="hidden" name=(GIVEN_COOKIE) value="yes"; } }
}

/// The minimum length of a new password, in words.
pub(super) fn length_hint(min_bytes: usize) -> String {
    format!("At least {min_bytes} characters. A few words make a good one.")
}

/// The problem, if it is about this field.
pub(super) fn of<'a>(problem: Option<&'a Problem>, field: &str) -> Option<&'a Problem> {
    problem.filter(|problem| problem.field == Some(field))
}

/// Whether a refusal is shown inside the form that was sent, so that nothing entered is lost.
pub(super) fn belongs_in_form(problem: &Problem) -> bool {
    !problem.status().is_server_error() || matches!(problem.code, Code::Busy | Code::IndexBuilding)
}

/// A refused form again: the form alone for htmx, otherwise the card of its whole page.
pub(super) fn form_again(
    site: &Site,
    visitor: &Visitor,
    title: &str,
    problem: &Problem,
    form: impl FnOnce() -> Markup,
    card: impl FnOnce() -> Markup,
) -> Response {
    let mut response = if visitor.is_htmx { fragment(form()) } else { page(site, visitor, title, &card()) };
    problem.put_headers(&mut response, Door::Pages);
    response
}
