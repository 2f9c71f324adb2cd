//! The buttons for one account: what can be done to it as it is. They are drawn from plain data, so any page can have them.

use maud::{Markup, html};

use super::super::super::notice::Notice;
use super::super::outside::plain;
use crate::domain::admin::AccountRow;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::app_key::AppKey;
use crate::domain::record::ids::{AccountId, SessionId};
use crate::path::{AccountAct, account_act, account_key_end, account_session_end};
use crate::web::problem::Problem;

/// The account that the buttons are for.
#[derive(Clone, Copy)]
pub(in crate::web::pages::admin) struct Target<'a> {
    pub(in crate::web::pages::admin) id: AccountId,
    pub(in crate::web::pages::admin) address: &'a EmailAddress,
    pub(in crate::web::pages::admin) is_disabled: bool,
    pub(in crate::web::pages::admin) is_admin: bool,
    pub(in crate::web::pages::admin) is_invited: bool,
}

impl<'a> Target<'a> {
    /// An account as an action has left it.
    pub(in crate::web::pages::admin) fn of(seen: &'a AccountRow) -> Self {
        let account = &seen.account;
        Self {
            id: account.id,
            address: &account.address,
            is_disabled: account.disabled,
            is_admin: account.admin,
            is_invited: account.is_invited(),
        }
    }
}

/// What came of a form in the section.
pub(in crate::web::pages::admin) enum Outcome<'a> {
    Done(Notice),
    Refused(&'a Problem),
}

/// The section with the buttons. Without a recent sign-in, its page says "Confirm it's you" in their place.
pub(in crate::web::pages::admin) fn section(
    target: &Target<'_>,
    may_act: bool,
    outcome: Option<&Outcome<'_>>,
) -> Markup {
    html! {
        section #acts {
            // The focus goes here after a form in this section was answered.
            h2 tabindex=[outcome.map(|_| "-1")] autofocus[outcome.is_some()] { "Actions" }
            @match outcome {
                Some(Outcome::Done(notice)) => p.notice role="status" { (notice.sentence()) },
                Some(Outcome::Refused(problem)) => p.error role="alert" { (problem.detail) },
                None => {}
            }
            @if may_act { (forms(target)) }
        }
    }
}

/// The buttons for an account as it is. Those that ask first are links to the page that asks.
pub(in crate::web::pages::admin) fn forms(target: &Target<'_>) -> Markup {
    let usable =
        [AccountAct::SendSignIn, AccountAct::LiftLimits, AccountAct::EndSessions, AccountAct::Disable];
    let disabled = [AccountAct::Enable, AccountAct::LiftLimits];
    let role = if target.is_admin { AccountAct::RevokeAdmin } else { AccountAct::GrantAdmin };
    let acts = if target.is_disabled { &disabled[..] } else { &usable };
    html! {
        div.row {
            @for act in acts { (button(target, *act)) }
            // Someone invited has to sign in first, and the invitation is withdrawn instead.
            @if !target.is_invited { (button(target, role)) }
            // The role has to be removed first.
            @if !target.is_admin && !target.is_invited { (button(target, AccountAct::Delete)) }
        }
    }
}

fn button(target: &Target<'_>, act: AccountAct) -> Markup {
    let path = account_act(&target.id.to_string(), act);
    // A screen reader may list buttons without what is around them.
    let label = format!("{}: {}", name(act), plain(target.address.as_str()));
    html! {
        @if act.asks_first() {
            a.button.quiet href=(path) aria-label=(label) { (name(act)) }
        } @else {
            form method="post" action=(path) hx-post=(path) hx-target="#acts" hx-swap="outerHTML" {
                button.quiet type="submit" aria-label=(label) { (name(act)) }
            }
        }
    }
}

/// What a button says.
pub(super) fn name(act: AccountAct) -> &'static str {
    match act {
        AccountAct::Disable => "Disable",
        AccountAct::Enable => "Enable",
        AccountAct::EndSessions => "Sign out everywhere",
        AccountAct::SendSignIn => "Email a sign-in link",
        AccountAct::LiftLimits => "Lift the limits",
        AccountAct::GrantAdmin => "Make admin",
        AccountAct::RevokeAdmin => "Remove admin",
        AccountAct::Delete => "Delete account",
    }
}

/// The button that ends one session, for a row with the id `session-` and that of the session.
pub(in crate::web::pages::admin) fn end_button(
    account: AccountId,
    session: SessionId,
    device: &str,
) -> Markup {
    let session = session.to_string();
    let path = account_session_end(&account.to_string(), &session);
    html! {
        form method="post" action=(path) hx-post=(path) hx-target=(format!("#session-{session}")) hx-swap="outerHTML" {
            button.quiet type="submit" aria-label=(format!("End session: {}", plain(device))) { "End session" }
        }
    }
}

/// The button that ends one key for a program, for a row with the id `key-` and that of the key.
pub(in crate::web::pages::admin) fn end_key_button(account: AccountId, key: &AppKey) -> Markup {
    let id = key.id.to_string();
    let path = account_key_end(&account.to_string(), &id);
    html! {
        form method="post" action=(path) hx-post=(path) hx-target=(format!("#key-{id}")) hx-swap="outerHTML" {
            button.quiet type="submit" aria-label=(format!("End key: {}", plain(key.name.as_str()))) { "End key" }
        }
    }
}

/// What takes the place of such a row once its session or key has ended.
pub(super) fn ended_row(kind: &str, id: &str, notice: Notice) -> Markup {
    html! {
        li id=(format!("{kind}-{id}")) {
            p.notice role="status" tabindex="-1" autofocus { (notice.sentence()) }
        }
    }
}
