//! Forms that name the account they were drawn for.
//!
//! A browser has one session, but it may still show a page from before another account was signed in, in
//! another tab for example. A form on that page must not act on the account signed in now: "Delete account"
//! would delete the wrong one.

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

/// Why a form that signs in must not do it yet: it would sign out an account that its page did not warn
/// about, because someone signed in to it later.
pub(super) fn unwarned(visitor: &Visitor, fields: &Fields) -> Option<Problem> {
    let named = fields.typed(FIELD);
    let is_same = named.is_empty() || named == current(visitor.signed_in.as_ref());
    (visitor.signed_in.is_some() && !is_same).then(|| Problem::of(Code::OtherAccount))
}

/// Says why nothing was done, and which account is signed in.
pub(super) fn told(problem: &Problem, own: &EmailAddress) -> Markup {
    html! { p.error role="alert" { (problem.detail) " You're signed in as " (address(own)) "." } }
}
