//! The waiting page, and its piece inside the sign-in page.

use maud::{Markup, html};
use poem::Response;

use super::super::arrival::with_next;
use super::super::form::{hidden_username, length_hint, new_password_field, of};
use super::super::layout::{beside, leaving, page};
use super::super::notice::Notice;
use super::super::visitor::Visitor;
use crate::domain::mailed::Waiting;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::path::{CHECK_INBOX, CODE, FORGOT_PASSWORD, PROFILE, REGISTER, RESEND, SIGN_IN};
use crate::web::house::House;
use crate::web::problem::Problem;

/// What stands beside the button that asks for one more letter.
pub(super) enum Line {
    /// Another one can be asked for now.
    Ready,
    /// In so many seconds.
    Soon(u64),
    /// Why none was sent.
    Refused(String),
}

impl Line {
    pub(super) fn of(waiting: &Waiting) -> Self {
        match waiting.resend_after.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX) {
            0 => Self::Ready,
            secs => Self::Soon(secs),
        }
    }

    fn draw(&self) -> Markup {
        match self {
            Self::Ready => html! { "No letter? Look in the spam folder, or ask for another one." },
            Self::Soon(1) => {
                html! { "No letter? Look in the spam folder. Another one can be asked for in 1 second." }
            }
            Self::Soon(secs) => html! {
                "No letter? Look in the spam folder. Another one can be asked for in " (secs) " seconds."
            },
            Self::Refused(why) => html! { span.error role="alert" { (why) } },
        }
    }
}

pub(super) fn waiting_page(
    house: &House,
    visitor: &Visitor,
    waiting: &Waiting,
    problem: Option<&Problem>,
    line: &Line,
) -> Response {
    let title = words(waiting.purpose).title;
    let content = html! {
        section.card {
            h1 { (title) }
            (intro(waiting))
            (leaving(leaves(visitor, waiting)))
            (code_form(house, waiting, problem))
            (told(None))
            (again(waiting, line))
        }
    };
    page(&house.site, visitor, title, &content)
}

/// The same inside the sign-in page. `problem` says why no further letter was sent.
pub(in crate::web::pages) fn panel(house: &House, waiting: &Waiting, problem: Option<&Problem>) -> Markup {
    let line = problem.map_or_else(|| Line::of(waiting), |problem| Line::Refused(problem.detail.to_string()));
    html! {
        div.panel {
            h2 { (words(waiting.purpose).title) }
            (intro(waiting))
            (code_form(house, waiting, None))
            (told(None))
            (again(waiting, &line))
        }
    }
}

/// What the page says, by what the letter is for.
struct Words {
    title: &'static str,
    button: &'static str,
    /// Another way on: where, and its label.
    another: (&'static str, &'static str),
}

fn words(purpose: Purpose) -> Words {
    const ANOTHER: &str = "Use another address";
    let words = |title, button, place, label| Words { title, button, another: (place, label) };
    match purpose {
        Purpose::SignIn => words("Check your inbox", "Sign in", SIGN_IN, ANOTHER),
        Purpose::Register => words("Confirm your address", "Confirm", REGISTER, ANOTHER),
        Purpose::ResetPassword => {
            words("Choose a new password", "Set the password", FORGOT_PASSWORD, ANOTHER)
        }
        Purpose::ChangeEmail | Purpose::UndoEmail => {
            words("Confirm your new address", "Confirm", PROFILE, "Back to the profile")
        }
        Purpose::Reauthenticate => words("Is it still you?", "Go on", PROFILE, "Back to the profile"),
    }
}

/// Who comes back later is not told that the letter is still under way.
fn intro(waiting: &Waiting) -> Markup {
    let has_just_asked = !waiting.resend_after.is_zero();
    html! {
        p {
            @if has_just_asked { "A letter is on its way to " } @else { "We have written to " }
            strong.address { (waiting.email) } ". "
            // The letter to who is to prove it once more has a code alone.
            @if waiting.purpose == Purpose::Reauthenticate { "Type the code of " } @else { "Open the link in " }
            @if has_just_asked { "it" } @else { "our letter" }
            @if waiting.purpose == Purpose::Reauthenticate { " here." } @else { ", or type its code here." }
        }
    }
}

/// The account that is left by who sets the password of another one.
fn leaves<'a>(visitor: &'a Visitor, waiting: &Waiting) -> Option<&'a EmailAddress> {
    let own = visitor.signed_in.as_ref().map(|live| &live.account.address);
    own.filter(|own| waiting.asked_by.is_none() && own.canonical() != waiting.email.canonical())
}

pub(super) fn code_form(house: &House, waiting: &Waiting, problem: Option<&Problem>) -> Markup {
    let beside_code = problem.filter(|problem| problem.field != Some("password"));
    let is_wrong = beside_code.map(|_| "true");
    html! {
        form #code-form method="post" action=(CODE) hx-post=(CODE) hx-target="#code-form" hx-swap="outerHTML" {
            input type="hidden" name="request" value=(waiting.held.nonce());
            div.field {
                label for="code" { "Six-digit code" }
                // One field without a maximum: a code pasted with blanks in it still fits.
                input.code #code name="code" type="text" inputmode="numeric" autocomplete="one-time-code"
                    required aria-invalid=[is_wrong]
                    aria-describedby=[beside_code.map(|_| "code-error")] autofocus[beside_code.is_some()];
                (beside("code-error", beside_code))
            }
            @if waiting.purpose == Purpose::ResetPassword {
                (hidden_username(waiting.email.as_str()))
                (new_password_field("New password", &length_hint(house.gatepost.min_password_bytes()), true, of(problem, "password")))
            }
            button type="submit" { (words(waiting.purpose).button) }
        }
    }
}

/// What came of asking once more, beside what is drawn anew every few seconds: there nobody would
/// have the time to read it.
pub(super) fn told(notice: Option<Notice>) -> Markup {
    html! {
        p #told role="status" hx-swap-oob=[notice.map(|_| "true")] {
            @if let Some(notice) = notice { (notice.sentence()) }
        }
    }
}

/// How things stand, asked for again every few seconds. It holds nothing that is typed into.
pub(super) fn again(waiting: &Waiting, line: &Line) -> Markup {
    let request = waiting.held.nonce().to_string();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("request", &request);
    let next =
        if waiting.asked_by.is_some() { Some(PROFILE) } else { waiting.next.as_ref().map(Next::as_str) };
    if let Some(next) = next {
        query.append_pair("next", next);
    }
    let poll = format!("{CHECK_INBOX}?{}", query.finish());
    let (place, label) = words(waiting.purpose).another;
    let another = if waiting.asked_by.is_some() {
        place.to_owned()
    } else {
        with_next(place, waiting.next.as_ref().map(Next::as_str))
    };
    html! {
        div.again #again aria-live="off" hx-get=(poll) hx-trigger="every 3s" hx-swap="outerMorph" {
            p.hint { (line.draw()) }
            div.row {
                form method="post" action=(RESEND) hx-post=(RESEND) hx-target="#again" hx-swap="outerMorph" {
                    input type="hidden" name="request" value=(request);
                    button #resend.quiet type="submit" { "Send another letter" }
                }
                a href=(another) { (label) }
            }
        }
    }
}
