//! Waiting for the letter: typing its code, asking for one more.
//!
//! A tab that waits asks every few seconds how things stand, and moves on by itself once this
//! browser is signed in, which the link in another tab does.

use maud::{Markup, html};
use poem::Response;

use super::arrival::{go_on, redeemed, with_next};
use super::layout::{beside, page};
use super::notice::Notice;
use super::visitor::Visitor;
use super::{Answer, fragment, sign_in};
use crate::domain::error::Error;
use crate::domain::letter::Code;
use crate::domain::next::Next;
use crate::domain::request::Purpose;
use crate::domain::waiting::{HeldRequest, Waiting};
use crate::path::{CHECK_INBOX, CODE, REGISTER, RESEND, SIGN_IN, UNCONFIRMED};
use crate::web::problem::Problem;
use crate::web::wire::{CodeForm, Fields, ResendForm};
use crate::web::{Door, House};

/// The waiting page of the newest request; to htmx, how things stand now.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let newest = visitor.waiting.first().map(|waiting| waiting.held);
    show_waiting(&house, &visitor, newest).await
}

/// The same for who was led here because a registration waits, whatever was asked for since.
pub(super) async fn show_unconfirmed(house: House, visitor: Visitor) -> Answer {
    let registration = visitor.waiting.iter().find(|waiting| waiting.purpose == Purpose::Register);
    let newest = registration.or(visitor.waiting.first()).map(|waiting| waiting.held);
    show_waiting(&house, &visitor, newest).await
}

async fn show_waiting(house: &House, visitor: &Visitor, newest: Option<HeldRequest>) -> Answer {
    let asked_for = visitor.query.request.as_deref();
    let held = if asked_for.is_some() { visitor.request(asked_for) } else { newest };
    let waiting = match held {
        Some(held) => match house.gatepost.waiting(held).await {
            Ok(waiting) => Some(waiting),
            Err(Error::InvalidRequest) => None,
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    if visitor.signed_in.is_some() {
        let wanted = waiting.and_then(|waiting| waiting.next).or_else(|| visitor.query.next());
        return Ok(go_on(house, visitor, wanted.as_ref()));
    }
    Ok(match waiting {
        None => visitor.lead_to(SIGN_IN),
        Some(waiting) if visitor.is_htmx => fragment(again(&waiting, &Line::of(&waiting))),
        Some(waiting) => waiting_page(house, visitor, &waiting, None, &Line::of(&waiting)),
    })
}

/// Signs in by the code of a letter.
pub(super) async fn redeem_code(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let input: CodeForm = fields.read()?;
    let Some(held) = visitor.request(input.request.as_deref()) else {
        return unheld(&house, &visitor, Error::InvalidRequest.into());
    };
    let (code, session) = (Code::parse(&input.code), visitor.session.as_deref());
    match house
        .gatepost
        .redeem_code(held, code.as_ref(), session, &visitor.client)
        .await
        .map_err(Problem::from)
    {
        Ok(done) => Ok(redeemed(&house, &visitor, &done, Some(held.nonce()))),
        Err(problem) if problem.status().is_server_error() => Err(problem),
        Err(problem) => code_refused(&house, &visitor, held, problem).await,
    }
}

async fn code_refused(house: &House, visitor: &Visitor, held: HeldRequest, problem: Problem) -> Answer {
    let waiting = match house.gatepost.waiting(held).await {
        Ok(waiting) => waiting,
        Err(Error::InvalidRequest) => return unheld(house, visitor, problem),
        Err(error) => return Err(error.into()),
    };
    let mut response = if visitor.is_htmx {
        fragment(code_form(&waiting, Some(&problem)))
    } else {
        waiting_page(house, visitor, &waiting, Some(&problem), &Line::of(&waiting))
    };
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}

/// Asks for one more letter.
pub(super) async fn resend(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let input: ResendForm = fields.read()?;
    let Some(held) = visitor.request(input.request.as_deref()) else {
        return unheld(&house, &visitor, Error::InvalidRequest.into());
    };
    let queued = match house.gatepost.resend(held, &visitor.client).await {
        Ok(queued) => queued,
        Err(error) => return resend_refused(&house, &visitor, held, error.into()).await,
    };
    let (place, notice) = match queued.purpose {
        Purpose::SignIn => (CHECK_INBOX, Notice::LetterSent),
        Purpose::Register => (UNCONFIRMED, Notice::ConfirmationSent),
    };
    // A spent request begins anew: everything on the page that waits for the old one is stale.
    let is_same = queued.held == held;
    let mut response = if visitor.is_htmx && is_same {
        let waiting = house.gatepost.waiting(held).await?;
        fragment(html! { (again(&waiting, &Line::of(&waiting))) (told(Some(notice))) })
    } else {
        let mut response = visitor.lead_to(place);
        notice.put(&mut response, &house.site);
        response
    };
    visitor.keep(&mut response, &house.site, &queued.request);
    Ok(response)
}

async fn resend_refused(house: &House, visitor: &Visitor, held: HeldRequest, problem: Problem) -> Answer {
    if problem.status().is_server_error() {
        return Err(problem);
    }
    let Ok(waiting) = house.gatepost.waiting(held).await else { return unheld(house, visitor, problem) };
    let line = Line::Refused(problem.detail.to_string());
    let mut response = if visitor.is_htmx {
        fragment(again(&waiting, &line))
    } else {
        waiting_page(house, visitor, &waiting, None, &line)
    };
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}

/// Nothing is left of what the page waited for. Who is signed in by now needs none of it.
fn unheld(house: &House, visitor: &Visitor, problem: Problem) -> Answer {
    if visitor.signed_in.is_some() {
        return Ok(go_on(house, visitor, None));
    }
    if visitor.is_htmx {
        return Err(problem);
    }
    let content = html! {
        section.card {
            h1 { (problem.code.title()) }
            p.lead { (problem.detail) }
            (sign_in::form("", None, None, true))
            div #result role="status" aria-live="polite" {}
        }
    };
    let mut response = page(&house.site, visitor, problem.code.title(), &content);
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}

/// What stands beside the button that asks for one more letter.
enum Line {
    /// Another one can be asked for now.
    Ready,
    /// In so many seconds.
    Soon(u64),
    /// Why none was sent.
    Refused(String),
}

impl Line {
    fn of(waiting: &Waiting) -> Self {
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

fn waiting_page(
    house: &House,
    visitor: &Visitor,
    waiting: &Waiting,
    problem: Option<&Problem>,
    line: &Line,
) -> Response {
    let title = title(waiting.purpose);
    let content = html! {
        section.card {
            h1 { (title) }
            (intro(waiting))
            (code_form(waiting, problem))
            (told(None))
            (again(waiting, line))
        }
    };
    page(&house.site, visitor, title, &content)
}

/// The same inside the sign-in page. `problem` says why no further letter was sent.
pub(super) fn panel(waiting: &Waiting, problem: Option<&Problem>) -> Markup {
    let line = problem.map_or_else(|| Line::of(waiting), |problem| Line::Refused(problem.detail.to_string()));
    html! {
        div.panel {
            h2 { (title(waiting.purpose)) }
            (intro(waiting))
            (code_form(waiting, None))
            (told(None))
            (again(waiting, &line))
        }
    }
}

fn title(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "Check your inbox",
        Purpose::Register => "Confirm your address",
    }
}

/// Who comes back later is not told that the letter is still under way.
fn intro(waiting: &Waiting) -> Markup {
    let has_just_asked = !waiting.resend_after.is_zero();
    html! {
        p {
            @if has_just_asked { "A letter is on its way to " } @else { "We have written to " }
            strong.address { (waiting.email) } ". Open the link in "
            @if has_just_asked { "it" } @else { "our letter" } ", or type its code here."
        }
    }
}

fn code_form(waiting: &Waiting, problem: Option<&Problem>) -> Markup {
    let is_wrong = problem.map(|_| "true");
    html! {
        form #code-form method="post" action=(CODE) hx-post=(CODE) hx-target="#code-form" hx-swap="outerHTML" {
            input type="hidden" name="request" value=(waiting.held.nonce());
            div.field {
                label for="code" { "Six-digit code" }
                // One field without a maximum: a code pasted with blanks in it still fits.
                input.code #code name="code" type="text" inputmode="numeric" autocomplete="one-time-code"
                    required aria-invalid=[is_wrong]
                    aria-describedby=[problem.map(|_| "code-error")] autofocus[problem.is_some()];
                (beside("code-error", problem))
            }
            button type="submit" {
                @match waiting.purpose { Purpose::SignIn => "Sign in", Purpose::Register => "Confirm" }
            }
        }
    }
}

/// What came of asking once more, beside what is drawn anew every few seconds: there nobody would
/// have the time to read it.
fn told(notice: Option<Notice>) -> Markup {
    html! {
        p #told role="status" hx-swap-oob=[notice.map(|_| "true")] {
            @if let Some(notice) = notice { (notice.sentence()) }
        }
    }
}

/// How things stand, asked for again every few seconds. It holds nothing that is typed into.
fn again(waiting: &Waiting, line: &Line) -> Markup {
    let request = waiting.held.nonce().to_string();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("request", &request);
    if let Some(next) = &waiting.next {
        query.append_pair("next", next.as_str());
    }
    let poll = format!("{CHECK_INBOX}?{}", query.finish());
    let another = match waiting.purpose {
        Purpose::SignIn => SIGN_IN,
        Purpose::Register => REGISTER,
    };
    let another = with_next(another, waiting.next.as_ref().map(Next::as_str));
    html! {
        div.again #again aria-live="off" hx-get=(poll) hx-trigger="every 3s" hx-swap="outerMorph" {
            p.hint { (line.draw()) }
            div.row {
                form method="post" action=(RESEND) hx-post=(RESEND) hx-target="#again" hx-swap="outerMorph" {
                    input type="hidden" name="request" value=(request);
                    button #resend.quiet type="submit" { "Send another letter" }
                }
                a href=(another) { "Use another address" }
            }
        }
    }
}
