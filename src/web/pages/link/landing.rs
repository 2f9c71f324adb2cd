//! What the landing page of a link shows, by what the link is for and who looks.

use maud::{Markup, html};
use poem::Response;

use super::super::arrival::with_next;
use super::super::form::{hidden_username, length_hint, new_password_field, of};
use super::super::layout::{beside, leaving, page};
use super::super::visitor::Visitor;
use crate::domain::mailed::{LinkView, Need};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::Asker;
use crate::domain::token::Code;
use crate::path::{self, SIGN_IN};
use crate::web::house::House;
use crate::web::problem::Problem;

/// What the page says.
struct Words {
    title: &'static str,
    /// Before and after the address, to who asked.
    here: [&'static str; 2],
    /// The same to anybody else.
    elsewhere: [&'static str; 2],
    carry: &'static str,
    tick: &'static str,
    button: &'static str,
}

fn words(view: &LinkView) -> Words {
    const ASKED_ELSEWHERE: &str = "I asked on another device or browser";
    const ASKED: &str = "I asked for this letter myself.";
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
            carry: ASKED_ELSEWHERE,
            tick: ASKED,
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
            carry: ASKED_ELSEWHERE,
            tick: ASKED,
            button: "Sign in",
        },
        Purpose::ResetPassword => Words {
            title: "Choose a new password",
            here: ["This sets a new password for ", " and signs you in. Everybody else is signed out."],
            elsewhere: ["This sets a new password for ", " and signs you in. Everybody else is signed out."],
            carry: ASKED_ELSEWHERE,
            tick: "",
            button: "Set the password",
        },
        Purpose::ChangeEmail | Purpose::Reauthenticate => Words {
            title: "Confirm your new address",
            here: ["Your account gets the address ", "."],
            elsewhere: [
                "Somebody wants to use ",
                " for an account. That can be confirmed only where that account is signed in.",
            ],
            carry: "I am signed in on another device or browser",
            tick: "",
            button: "Confirm the new address",
        },
        Purpose::UndoEmail => Words {
            title: "Take your address back",
            here: ["", ""],
            elsewhere: [
                "This gives the account its address ",
                " back, removes its password, and signs everybody out of it. Then you sign in by mail.",
            ],
            carry: "",
            tick: "I want that.",
            button: "Restore this address",
        },
    }
}

pub(super) fn landing(
    house: &House,
    visitor: &Visitor,
    view: &LinkView,
    problem: Option<&Problem>,
) -> Response {
    let account = visitor.signed_in.as_ref().map(|signed_in| &signed_in.account);
    let leaves = account.map(|account| &account.address).filter(|own| is_left(own, view));
    let is_its_own = view.asked_by.is_some_and(|id| account.is_some_and(|account| account.id == id));
    let words = words(view);
    let content = match (view.needs, view.asker) {
        (Some(Need::Session), _) if !is_its_own => {
            for_who_is_signed_in(&visitor.part, view, &words, account.is_some())
        }
        (Some(Need::Password), _) => new_password(house, &visitor.part, view, &words, leaves, problem),
        (None | Some(Need::Session), _) | (_, Asker::Yes) => {
            asked_here(&visitor.part, view, &words, leaves, problem)
        }
        (Some(Need::Confirm), Asker::No) => {
            asked_elsewhere(house, &visitor.part, view, &words, leaves, problem)
        }
    };
    page(&house.site, visitor, words.title, &content)
}

/// Whether redeeming it ends a sign-in to this address. An undo signs nobody in, and who sets the password
/// of their own account stays in it.
fn is_left(own: &EmailAddress, view: &LinkView) -> bool {
    match view.purpose {
        Purpose::SignIn | Purpose::Register => true,
        Purpose::ResetPassword => own.canonical() != view.email.canonical(),
        Purpose::ChangeEmail | Purpose::Reauthenticate | Purpose::UndoEmail => false,
    }
}

fn asked_here(
    token: &str,
    view: &LinkView,
    words: &Words,
    leaves: Option<&EmailAddress>,
    problem: Option<&Problem>,
) -> Markup {
    // Who is about to leave an account is told first, and presses the button; so is who was refused, or the
    // page would ask again and again.
    let posts_itself = leaves.is_none() && problem.is_none() && view.asker == Asker::Yes;
    let [before, after] = words.here;
    html! {
        section.card {
            h1 { (words.title) }
            p.lead { (before) strong.address { (view.email) } (after) }
            (leaving(leaves))
            form method="post" action=(path::link(token)) data-post-once[posts_itself] {
                (beside("link-error", problem))
                button type="submit" { (words.button) }
            }
        }
    }
}

/// No button: whoever planted somebody's address into an account of his own would have its owner press
/// it. The code goes to where the account is signed in, if that is the reader's. Who asked in this browser
/// and has signed out since does so again.
fn for_who_is_signed_in(token: &str, view: &LinkView, words: &Words, is_signed_in: bool) -> Markup {
    let [before, after] = words.elsewhere;
    let sign_in = with_next(SIGN_IN, Some(&path::link(token)));
    html! {
        section.card {
            h1 { "Is this you?" }
            p.lead { (before) strong.address { (view.email) } (after) }
            @if let Some(code) = &view.code { (carry(words.carry, code)) }
            @if view.asker == Asker::Yes && !is_signed_in {
                p { "You asked for it in this browser, and have signed out since. Sign in first, and then open the link of our letter again." }
                p.actions { a.button href=(sign_in) { "Sign in" } }
            }
            p.hint { "This is not about you? Then close this page: nothing happens." }
        }
    }
}

fn new_password(
    house: &House,
    token: &str,
    view: &LinkView,
    words: &Words,
    leaves: Option<&EmailAddress>,
    problem: Option<&Problem>,
) -> Markup {
    let [before, after] = words.here;
    let hint = length_hint(house.gatepost.min_password_bytes());
    let beside_password = of(problem, "password");
    html! {
        section.card {
            h1 { (words.title) }
            p.lead { (before) strong.address { (view.email) } (after) }
            @if let Some(code) = &view.code { (carry(words.carry, code)) }
            form method="post" action=(path::link(token)) {
                (leaving(leaves))
                (hidden_username(view.email.as_str()))
                (new_password_field("New password", &hint, true, beside_password))
                (beside("link-error", problem.filter(|_| beside_password.is_none())))
                button type="submit" { (words.button) }
            }
            p.hint { "You did not ask for it? Then close this page: your password stays as it is." }
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
                    (new_password_field("New password (optional)", &length_hint(house.gatepost.min_password_bytes()), false, beside_password))
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
