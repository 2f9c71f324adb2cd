//! The landing page of a link, by what the link is for and in which browser it was opened.

use maud::{Markup, html};
use poem::Response;

use super::super::form::{hidden_cookie, hidden_username, length_hint, new_password_field, of};
use super::super::layout::{beside, leaving, page};
use super::super::own::hidden_current;
use super::super::visitor::Visitor;
use super::words::{NEW_PASSWORD, Words, words};
use crate::domain::mailed::{LinkView, Need};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::Requester;
use crate::domain::token::Code;
use crate::path::{self, SIGN_IN, with_next};
use crate::web::house::House;
use crate::web::problem::Problem;

/// One look at a link: what the page is drawn from.
struct Look<'a> {
    house: &'a House,
    visitor: &'a Visitor,
    view: &'a LinkView,
    words: Words,
    /// The account that signing in here would sign out.
    leaves: Option<&'a EmailAddress>,
    problem: Option<&'a Problem>,
}

pub(super) fn landing(
    house: &House,
    visitor: &Visitor,
    view: &LinkView,
    problem: Option<&Problem>,
) -> Response {
    let account = visitor.signed_in.as_ref().map(|signed_in| &signed_in.account);
    let leaves = leaves(visitor, view);
    let is_its_own = view.asked_by.is_some_and(|id| account.is_some_and(|account| account.id == id));
    let look = Look { house, visitor, view, words: words(view), leaves, problem };
    let is_here = view.requester == Requester::Yes;
    let (heading, content) = match view.needs {
        Some(Need::Session) if !is_its_own => {
            (look.words.elsewhere[0], look.other_account(account.is_some()))
        }
        Some(Need::Password) if is_here => (look.words.here[0], look.new_password()),
        None | Some(Need::Session) => (look.words.here[0], look.requested_here()),
        _ if is_here => (look.words.here[0], look.requested_here()),
        _ => (look.words.elsewhere[0], look.opened_elsewhere()),
    };
    let content = html! { section.card { h1.question { (heading.draw_heading(&view.email)) } (content) } };
    page(&house.site, visitor, &heading.text(&view.email), &content)
}

/// The account that redeeming it signs out here. An undo signs no one in, and people who set the password
/// of their own account stay signed in to it.
pub(super) fn leaves<'a>(visitor: &'a Visitor, view: &LinkView) -> Option<&'a EmailAddress> {
    let own = &visitor.signed_in.as_ref()?.account.address;
    let is_left = match view.purpose {
        _ if view.redeemed_here.is_some() => false,
        Purpose::SignIn | Purpose::Register => true,
        Purpose::ResetPassword => own.canonical() != view.email.canonical(),
        Purpose::ChangeEmail | Purpose::Reauthenticate | Purpose::UndoEmail | Purpose::SecureAccount => false,
    };
    is_left.then_some(own)
}

impl Look<'_> {
    /// In the browser that requested it: one click, which the script makes by itself.
    fn requested_here(&self) -> Markup {
        // Someone who is about to leave an account has to be warned first. After a refusal the page must
        // not submit itself, or it would do so over and over.
        let posts_itself =
            self.leaves.is_none() && self.problem.is_none() && self.view.requester == Requester::Yes;
        html! {
            p.lead { (self.words.here[1].draw(&self.view.email)) }
            (leaving(self.leaves))
            form method="post" action=(path::link(&self.visitor.part)) data-post-once[posts_itself] {
                (hidden_current(self.visitor))
                (beside("link-error", self.problem))
                button type="submit" { (self.words.button.draw(&self.view.email)) }
            }
        }
    }

    /// No button: someone could request a change to another person's address, and that person would
    /// confirm it here for them. The code works only where the right account is signed in.
    fn other_account(&self, is_signed_in: bool) -> Markup {
        let sign_in = with_next(SIGN_IN, Some(&path::link(&self.visitor.part)));
        html! {
            p.lead { (self.words.elsewhere[1].draw(&self.view.email)) }
            @if let Some(code) = &self.view.code { (finish_there(code)) }
            @if self.view.requester == Requester::Yes && !is_signed_in {
                p { "You started this in this browser but have signed out since. Sign in, then open the link in our email again." }
                p.actions { a.button href=(sign_in) { "Sign in" } }
            }
            (not_you())
        }
    }

    /// In the browser that requested it. The new password takes the place of the tick.
    fn new_password(&self) -> Markup {
        html! {
            p.lead { (self.words.here[1].draw(&self.view.email)) }
            (self.form())
            p.hint { "Didn't request this? Close this page. Your password stays the same." }
        }
    }

    /// In any other browser there are two ways on: with the code where it was requested, or here after a
    /// tick, which no scanner sets.
    fn opened_elsewhere(&self) -> Markup {
        html! {
            p.lead { (self.words.elsewhere[1].draw(&self.view.email)) }
            @match &self.view.code {
                Some(code) => {
                    (finish_there(code))
                    section.choice { h2 { (self.words.instead) } (self.form()) }
                }
                None => (self.form()),
            }
            @if self.view.needs == Some(Need::Password) {
                p.hint { "Didn't request this? Close this page. Your password stays the same." }
            } @else if self.view.purpose == Purpose::SecureAccount {
                p.hint { "Was it you? Close this page. Nothing will happen." }
            } @else {
                (not_you())
            }
        }
    }

    fn form(&self) -> Markup {
        let needs_password = self.view.needs == Some(Need::Password);
        let beside_password = of(self.problem, "password");
        let elsewhere = self.problem.filter(|_| beside_password.is_none());
        html! {
            form method="post" action=(path::link(&self.visitor.part)) {
                (hidden_current(self.visitor))
                (self.cookie())
                (leaving(self.leaves))
                @if needs_password && self.view.requester == Requester::No {
                    p { (NEW_PASSWORD.draw(&self.view.email)) }
                }
                @if self.view.makes_account {
                    p { "For your safety, the password entered at registration is not kept. Choose one now, or leave this empty to sign in by email." }
                }
                @if needs_password || self.view.makes_account {
                    (self.password_field(needs_password, beside_password))
                }
                @if needs_password {
                    (beside("link-error", elsewhere))
                } @else {
                    (self.tick(beside_password.is_some(), elsewhere))
                }
                button type="submit" { (self.words.button.draw(&self.view.email)) }
            }
        }
    }

    /// Restoring an address and securing an account sign no one in, so they work without cookies.
    fn cookie(&self) -> Markup {
        let signs_in = !matches!(self.view.purpose, Purpose::UndoEmail | Purpose::SecureAccount);
        html! { @if signs_in { (hidden_cookie(self.visitor)) } }
    }

    fn password_field(&self, is_needed: bool, problem: Option<&Problem>) -> Markup {
        let label = if is_needed { "New password" } else { "New password (optional)" };
        let hint = length_hint(self.house.gatepost.min_password_bytes());
        html! {
            (hidden_username(self.view.email.as_str()))
            (new_password_field(label, &hint, is_needed, problem))
        }
    }

    fn tick(&self, is_ticked: bool, problem: Option<&Problem>) -> Markup {
        let is_wrong = problem.map(|_| "true");
        html! {
            div.field {
                label.tick {
                    input #confirm name="confirm" type="checkbox" value="yes" required checked[is_ticked]
                        aria-invalid=[is_wrong] aria-describedby=[is_wrong.map(|_| "confirm-error")]
                        autofocus[problem.is_some()];
                    span { (self.words.tick) }
                }
                (beside("confirm-error", problem))
            }
        }
    }
}

fn finish_there(code: &Code) -> Markup {
    html! {
        section.choice {
            h2 { "Finish where you started" }
            details {
                summary { "Show the code" }
                p { "Enter this code there, on the page that is waiting for it:" }
                p.big-code { (code.as_str()) }
                p.hint { "Enter it nowhere else and share it with no one. We will never ask for it." }
            }
        }
    }
}

fn not_you() -> Markup {
    html! { p.hint { "Not you? Close this page. Nothing will happen." } }
}
