//! The landing page of a link. Looking at it changes nothing.
//!
//! 1. The browser that asked posts itself on, or its person does by the button.
//! 2. Any other browser is told whose sign-in this is. It can carry the code to where it was asked
//!    for, or sign in here after a tick, which no scanner sets.
//! 3. All dead links get one page: a stranger is not told why.

use maud::{Markup, html};
use poem::Response;

use super::layout::{beside, page};
use super::visitor::Visitor;
use super::{Answer, sign_in};
use crate::domain::address::EmailAddress;
use crate::domain::letter::Code;
use crate::domain::link::LinkView;
use crate::domain::redeem::Redeemer;
use crate::domain::request::Asker;
use crate::path;
use crate::web::problem::{self, Problem};
use crate::web::wire::{Fields, RedeemLink};
use crate::web::{Door, House};

/// What stands behind the link.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let bearer = redeemer(&visitor, false);
    match house.gatepost.show_link(&visitor.part, bearer).await {
        Ok(LinkView { redeemed_here: Some(redeemed), .. }) => {
            Ok(visitor.lead_to(redeemed.next.as_ref().unwrap_or(&house.site.home).as_str()))
        }
        Ok(view) => Ok(landing(&house, &visitor, &view, None)),
        Err(error) => dead(&house, &visitor, error.into()),
    }
}

/// Redeems it.
pub(super) async fn redeem(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let input: RedeemLink = fields.read()?;
    let bearer = redeemer(&visitor, input.is_confirmed());
    match house.gatepost.redeem_link(&visitor.part, bearer, &visitor.client).await {
        Ok(redeemed) => {
            let request = house.gatepost.request_of_link(&visitor.part);
            Ok(sign_in::welcome(&house, &visitor, &redeemed, request))
        }
        Err(error) => refused(&house, &visitor, error.into()).await,
    }
}

fn redeemer(visitor: &Visitor, confirm: bool) -> Redeemer<'_> {
    Redeemer { held: &visitor.held, confirm, password: None, session: visitor.session.as_deref() }
}

async fn refused(house: &House, visitor: &Visitor, problem: Problem) -> Answer {
    if problem.code != problem::Code::ConfirmationRequired {
        return dead(house, visitor, problem);
    }
    match house.gatepost.show_link(&visitor.part, redeemer(visitor, false)).await {
        Ok(view) => {
            let mut response = landing(house, visitor, &view, Some(&problem));
            problem.put_headers(&mut response, Door::Pages);
            Ok(response)
        }
        Err(error) => dead(house, visitor, error.into()),
    }
}

fn landing(house: &House, visitor: &Visitor, view: &LinkView, problem: Option<&Problem>) -> Response {
    let leaves = visitor.signed_in.as_ref().map(|signed_in| &signed_in.account.address);
    let content = match view.asker {
        Asker::Yes => asked_here(&visitor.part, view, leaves),
        Asker::No => asked_elsewhere(&visitor.part, view, leaves, problem),
    };
    page(&house.site, visitor, "Sign in", &content)
}

fn asked_here(token: &str, view: &LinkView, leaves: Option<&EmailAddress>) -> Markup {
    // Who is about to leave an account is told first, and presses the button.
    let posts_itself = leaves.is_none();
    html! {
        section.card {
            h1 { "Sign in" }
            p.lead { "You asked to sign in as " strong.address { (view.email) } "." }
            (leaving(leaves))
            form method="post" action=(path::link(token)) data-post-once[posts_itself] {
                button type="submit" { "Sign in" }
            }
        }
    }
}

fn asked_elsewhere(
    token: &str,
    view: &LinkView,
    leaves: Option<&EmailAddress>,
    problem: Option<&Problem>,
) -> Markup {
    let is_wrong = problem.map(|_| "true");
    html! {
        section.card {
            h1 { "Is this you?" }
            p.lead { "This link signs in " strong.address { (view.email) } ". It was not asked for in this browser." }
            @if let Some(code) = &view.code { (carry(code)) }
            form method="post" action=(path::link(token)) {
                h2 { "Sign in here" }
                (leaving(leaves))
                div.field {
                    label.tick {
                        input #confirm name="confirm" type="checkbox" value="yes" required
                            aria-invalid=[is_wrong] aria-describedby=[problem.map(|_| "confirm-error")];
                        span { "I asked for this letter myself." }
                    }
                    (beside("confirm-error", problem))
                }
                button type="submit" { "Sign in here" }
            }
            p.hint { "You did not ask for it? Then close this page: nothing happens." }
        }
    }
}

fn carry(code: &Code) -> Markup {
    html! {
        details {
            summary { "I asked on another device" }
            p { "Type this code there, on the page that waits for it:" }
            p.big-code { (code.as_str()) }
            p.hint { "Type it nowhere else, and tell it to nobody. Nobody will ask you for it." }
        }
    }
}

fn leaving(leaves: Option<&EmailAddress>) -> Markup {
    html! {
        @if let Some(address) = leaves {
            p.warning { "You are signed in as " strong.address { (address) } ". Signing in here ends that." }
        }
    }
}

/// One page for all links that are no longer good.
fn dead(house: &House, visitor: &Visitor, problem: Problem) -> Answer {
    if problem.code != problem::Code::InvalidLink {
        return Err(problem);
    }
    let content = html! {
        section.card {
            h1 { (problem.code.title()) }
            p.lead { (problem.detail) }
            @if let Some(signed_in) = &visitor.signed_in {
                p { "You are signed in as " strong.address { (signed_in.account.address) } " already." }
                p.actions { a.button href=(house.site.home.as_str()) { "Go on" } }
            } @else {
                (sign_in::form("", None, None))
                div #result role="status" aria-live="polite" {}
            }
        }
    };
    let mut response = page(&house.site, visitor, problem.code.title(), &content);
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}
