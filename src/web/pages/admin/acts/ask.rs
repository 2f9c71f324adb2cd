//! The pages that ask before something is done to an account. Opening one only asks.

use maud::{Markup, html};
use poem::Response;

use super::super::super::answer::Answer;
use super::super::super::form::of;
use super::super::super::layout::{beside, page};
use super::super::super::visitor::Visitor;
use super::super::entrance::{place, refused};
use super::super::frame::{confirm_first, tabs};
use super::super::outside::{outside, plain};
use super::forms::{Target, name};
use crate::domain::error::Error;
use crate::domain::record::ids::AccountId;
use crate::path::{ADMIN_ACCOUNTS, AccountAct, account_act, account_page};
use crate::web::house::House;
use crate::web::problem::Problem;

/// Asks before something is done to an account.
pub(in crate::web::pages) async fn ask(act: AccountAct, house: House, visitor: Visitor) -> Answer {
    let seen = match AccountId::parse(&visitor.part) {
        Some(id) => house.gatepost.account_to_act_on(visitor.token(), id).await,
        None => house.gatepost.expect_admin(visitor.token()).await.and(Err(Error::NotFound)),
    };
    match seen {
        Ok(seen) => Ok(asked(&house, &visitor, act, &Target::of(&seen), None)),
        Err(error) => refused(&visitor, Problem::of_admin(error), &place(&visitor)),
    }
}

/// The question, what the action does, and its one form.
pub(super) fn asked(
    house: &House,
    visitor: &Visitor,
    act: AccountAct,
    target: &Target<'_>,
    problem: Option<&Problem>,
) -> Response {
    let back = account_page(&target.id.to_string());
    let is_recent = visitor.signed_in.as_ref().is_some_and(|live| house.gatepost.is_recent(&live.session));
    let content = html! {
        section.card {
            (tabs(ADMIN_ACCOUNTS))
            h1 { (question(act, target)) }
            @for sentence in effects(act) { p { (sentence) } }
            @if let Some(problem) = problem.filter(|problem| problem.field.is_none()) {
                p.error role="alert" { (problem.detail) }
            }
            @if is_recent { (form(act, target, problem)) } @else { (confirm_first(&back)) }
            p { a href=(back) { "Back to the account" } }
        }
    };
    page(&house.site, visitor, name(act), &content)
}

fn form(act: AccountAct, target: &Target<'_>, problem: Option<&Problem>) -> Markup {
    let path = account_act(&target.id.to_string(), act);
    let label = format!("{}: {}", name(act), plain(target.address.as_str()));
    html! {
        form method="post" action=(path) {
            @if act == AccountAct::Delete { (confirmation(of(problem, "confirm"))) }
            button.danger[act == AccountAct::Delete] type="submit" aria-label=(label) { (name(act)) }
        }
    }
}

fn confirmation(problem: Option<&Problem>) -> Markup {
    html! {
        div.field {
            label for="confirm" { "Enter the email address of the account to delete it permanently" }
            input #confirm name="confirm" type="text" inputmode="email" required autocomplete="off" autocapitalize="none"
                spellcheck="false" maxlength="254" enterkeyhint="go" aria-invalid=[problem.map(|_| "true")]
                aria-describedby=[problem.map(|_| "confirm-error")] autofocus[problem.is_some()];
            (beside("confirm-error", problem))
        }
    }
}

fn question(act: AccountAct, target: &Target<'_>) -> Markup {
    let address = outside(target.address.as_str());
    html! {
        @match act {
            AccountAct::GrantAdmin => { "Make " (address) " an administrator?" }
            AccountAct::RevokeAdmin => { "Remove the admin rights of " (address) "?" }
            AccountAct::Delete => { "Delete the account of " (address) "?" }
            _ => { (name(act)) " " (address) "?" }
        }
    }
}

/// What an action does, and what it does not.
fn effects(act: AccountAct) -> &'static [&'static str] {
    match act {
        AccountAct::Disable => &[
            "The person is signed out everywhere and can't sign in until the account is enabled again. Links and codes \
             from earlier emails stop working for good.",
            "Nothing is deleted. We'll email the person.",
        ],
        AccountAct::GrantAdmin => &[
            "The person can then look after everyone's accounts and emails, and make others administrators.",
            "We'll email the person and every other administrator.",
        ],
        AccountAct::RevokeAdmin => &[
            "The person stays signed in, and the pages for administrators are no longer shown. We'll email the person.",
        ],
        AccountAct::Delete => &[
            "This deletes the account with its password, sessions and history. It can't be undone. The email address \
             can register again.",
            "We'll email the person.",
        ],
        _ => &[],
    }
}
