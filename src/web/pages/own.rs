//! Forms that name the account they were drawn for.
//!
//! A browser has one session, but it may still show a page from before another account was signed in, in
//! another tab for example. A form on that page must not act on the account signed in now: "Delete account"
//! would delete the wrong one, and a form that signs in would sign out an account that its page did not warn
//! about.

use maud::{Markup, html};

use super::layout::address;
use super::visitor::Visitor;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::AccountId;
use crate::domain::session::Live;
use crate::web::problem::{Code, Problem};
use crate::web::wire::Fields;

const FIELD: &str = "account";

/// Names the account that a form acts on.
pub(super) fn hidden_account(account: AccountId) -> Markup {
    html! { input type="hidden" name=(FIELD) value=(account); }
}

/// Names the account that is signed in while a form is drawn, if there is one.
pub(super) fn hidden_current(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name=(FIELD) value=(current(visitor.signed_in.as_ref())); }
}

fn current(signed_in: Option<&Live>) -> String {
    signed_in.map_or_else(|| "none".to_owned(), |live| live.account.id.to_string())
}

/// Why a form must not act on the account that is signed in now. Without a session there is nothing to
/// protect: the handler asks to sign in first.
pub(super) fn refusal(visitor: &Visitor, fields: &Fields) -> Option<Problem> {
    let live = visitor.signed_in.as_ref()?;
    match fields.typed(FIELD) {
        "" => Some(Problem::of(Code::MissingField).field(FIELD).detail(OUT_OF_DATE)),
        named if named == live.account.id.to_string() => None,
        _ => Some(Problem::of(Code::OtherAccount)),
    }
}

const OUT_OF_DATE: &str = "This page was out of date, so nothing was changed. Please try again.";

/// Whether it says that a form does not act on the account that is signed in now.
pub(super) fn is_about_account(problem: &Problem) -> bool {
    problem.code == Code::OtherAccount || problem.field == Some(FIELD)
}

/// Says why nothing was done, and which account is signed in.
pub(super) fn told(problem: &Problem, own: &EmailAddress) -> Markup {
    html! { p.error role="alert" { (problem.detail) " You're signed in as " (address(own)) "." } }
}
