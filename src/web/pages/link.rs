//! The landing page of a link. Looking at it changes nothing.
//!
//! 1. The browser that asked posts itself on, or its person does by the button.
//! 2. Any other browser is told whose sign-in this is. It can carry the code to where it was asked
//!    for, or sign in here after a tick, which no scanner sets. A password that was typed elsewhere is
//!    not taken over: another one can be chosen here.
//! 3. All dead links get one page: a stranger is not told why.

use maud::{Markup, html};
use poem::Response;

use super::arrival::{go_on, redeemed};
use super::form::{hidden_username, is_told_inside, length_hint, new_password_field, of};
use super::layout::{beside, page};
use super::visitor::Visitor;
use super::{Answer, sign_in};
use crate::domain::address::EmailAddress;
use crate::domain::letter::Code;
use crate::domain::link::LinkView;
use crate::domain::password::Password;
use crate::domain::redeem::Redeemer;
use crate::domain::request::{Asker, Purpose};
use crate::path;
use crate::web::problem::{self, Problem};
use crate::web::wire::{Fields, RedeemLink};
use crate::web::{Door, House};

/// What stands behind the link.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let bearer = redeemer(&visitor, false, None);
    match house.gatepost.show_link(&visitor.part, bearer).await {
        Ok(LinkView { redeemed_here: Some(redeemed), .. }) => {
            Ok(go_on(&house, &visitor, redeemed.next.as_ref()))
        }
        Ok(view) => Ok(landing(&house, &visitor, &view, None)),
        Err(error) => dead(&house, &visitor, error.into()),
    }
}

/// Redeems it.
pub(super) async fn redeem(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let input: RedeemLink = fields.read()?;
    let password = input.password();
    let bearer = redeemer(&visitor, input.is_confirmed(), password.as_ref());
    match house.gatepost.redeem_link(&visitor.part, bearer, &visitor.client).await {
        Ok(done) => {
            let request = house.gatepost.request_of_link(&visitor.part);
            Ok(redeemed(&house, &visitor, &done, request))
        }
        Err(error) => refused(&house, &visitor, error.into()).await,
    }
}

fn redeemer<'a>(visitor: &'a Visitor, confirm: bool, password: Option<&'a Password>) -> Redeemer<'a> {
    Redeemer { held: &visitor.held, confirm, password, session: visitor.session.as_deref() }
}

async fn refused(house: &House, visitor: &Visitor, problem: Problem) -> Answer {
    if problem.code == problem::Code::InvalidLink || !is_told_inside(&problem) {
        return dead(house, visitor, problem);
    }
    match house.gatepost.show_link(&visitor.part, redeemer(visitor, false, None)).await {
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
    let words = words(view);
    let content = match view.asker {
        Asker::Yes => asked_here(&visitor.part, view, &words, leaves),
        Asker::No => asked_elsewhere(house, &visitor.part, view, &words, leaves, problem),
    };
    page(&house.site, visitor, words.title, &content)
}

/// What the page says, by what the link is for.
struct Words {
    title: &'static str,
    /// Before and after the address.
    here: [&'static str; 2],
    elsewhere: [&'static str; 2],
    carry: &'static str,
    tick: &'static str,
    button: &'static str,
}

fn words(view: &LinkView) -> Words {
    match view.purpose {
        Purpose::Register if view.makes_account => Words {
            title: "Confirm your address",
            here: ["You registered ", "."],
            elsewhere: ["Somebody registered ", " with us, but not in this browser."],
            carry: "I registered on another device or browser",
            tick: "I registered this address myself.",
            button: "Confirm and sign in",
        },
        Purpose::Register => Words {
            title: "You have an account already",
            here: ["There is an account under ", ". Nothing about it has changed: just sign in."],
            elsewhere: ["This link signs in ", ". It was not asked for in this browser."],
            carry: "I asked on another device or browser",
            tick: "I asked for this letter myself.",
            button: "Sign in",
        },
        Purpose::SignIn if view.handed_out => Words {
            title: "Sign in",
            here: ["This link signs in ", "."],
            elsewhere: ["This link signs in ", ". It works once."],
            carry: "",
            tick: "Whoever runs this server gave me this link.",
            button: "Sign in",
        },
        Purpose::SignIn => Words {
            title: "Sign in",
            here: ["You asked to sign in as ", "."],
            elsewhere: ["This link signs in ", ". It was not asked for in this browser."],
            carry: "I asked on another device or browser",
            tick: "I asked for this letter myself.",
            button: "Sign in",
        },
    }
}

fn asked_here(token: &str, view: &LinkView, words: &Words, leaves: Option<&EmailAddress>) -> Markup {
    // Who is about to leave an account is told first, and presses the button.
    let posts_itself = leaves.is_none();
    let [before, after] = words.here;
    html! {
        section.card {
            h1 { (words.title) }
            p.lead { (before) strong.address { (view.email) } (after) }
            (leaving(leaves))
            form method="post" action=(path::link(token)) data-post-once[posts_itself] {
                button type="submit" { (words.button) }
            }
        }
    }
}

fn asked_elsewhere(
    house: &House,
    token: &str,
    view: &LinkView,
    words: &Words,
    leaves: Option<&EmailAddress>,
    problem: Option<&Problem>,
) -> Markup {
    let beside_password = of(problem, "password");
    let beside_tick = problem.filter(|_| beside_password.is_none());
    let is_wrong = beside_tick.map(|_| "true");
    let [before, after] = words.elsewhere;
    html! {
        section.card {
            h1 { "Is this you?" }
            p.lead { (before) strong.address { (view.email) } (after) }
            @if let Some(code) = &view.code { (carry(words.carry, code)) }
            form method="post" action=(path::link(token)) {
                h2 { (words.button) " here" }
                (leaving(leaves))
                @if view.makes_account {
                    p { "The password that was typed to register is not taken over: somebody else may have typed it. "
                        "Choose a new one, or leave it empty and sign in by mail." }
                    (hidden_username(view.email.as_str()))
                    (new_password_field(&length_hint(house.gatepost.min_password_bytes()), false, beside_password))
                }
                div.field {
                    label.tick {
                        input #confirm name="confirm" type="checkbox" value="yes" required
                            checked[beside_password.is_some()]
                            aria-invalid=[is_wrong] aria-describedby=[is_wrong.map(|_| "confirm-error")];
                        span { (words.tick) }
                    }
                    (beside("confirm-error", beside_tick))
                }
                button type="submit" { (words.button) " here" }
            }
            p.hint { "This is not about you? Then close this page: nothing happens." }
        }
    }
}

fn carry(summary: &str, code: &Code) -> Markup {
    html! {
        details {
            summary { (summary) }
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
                (sign_in::form("", None, None, true))
                div #result role="status" aria-live="polite" {}
            }
        }
    };
    let mut response = page(&house.site, visitor, problem.code.title(), &content);
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}
