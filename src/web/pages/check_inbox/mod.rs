//! Waiting for the letter: typing its code, asking for one more.
//!
//! A tab that waits asks every few seconds how things stand, and moves on by itself once this
//! browser is signed in, which the link in another tab does.

mod panel;

use maud::html;

pub(super) use self::panel::panel;
use super::answer::{Answer, fragment};
use super::arrival::{first, go_on, redeemed};
use super::form::is_told_inside;
use super::notice::Notice;
use super::sign_in;
use super::visitor::{Visitor, waits_for};
use crate::domain::error::Error;
use crate::domain::mailed::Waiting;
use crate::domain::password::Password;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::token;
use crate::path::{CHECK_INBOX, PROFILE, SIGN_IN, UNCONFIRMED};
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{CodeForm, Fields, ResendForm};

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
    let is_its_own = |waiting: &Waiting| waits_for(visitor.signed_in.as_ref(), waiting);
    if visitor.signed_in.is_some() && !waiting.as_ref().is_some_and(is_its_own) {
        let wanted = waiting.and_then(|waiting| waiting.next).or_else(|| visitor.query.next());
        return Ok(go_on(house, visitor, wanted.as_ref()));
    }
    Ok(match waiting.filter(is_its_own) {
        None => visitor.lead_to(SIGN_IN),
        Some(waiting) if visitor.is_htmx => fragment(panel::again(&waiting, &panel::Line::of(&waiting))),
        Some(waiting) => panel::waiting_page(house, visitor, &waiting, None, &panel::Line::of(&waiting)),
    })
}

/// Signs in by the code of a letter.
pub(super) async fn redeem_code(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let request = fields.typed("request").to_owned();
    let input: CodeForm = match fields.read() {
        Ok(input) => input,
        Err(problem) => return unread(&house, &visitor, &request, problem).await,
    };
    let Some(held) = visitor.request(input.request.as_deref()) else {
        return unheld(&house, &visitor, Error::InvalidRequest.into());
    };
    let (code, password) = (token::Code::parse(&input.code), input.password.map(Password::new));
    let (password, session) = (password.as_ref(), visitor.session.as_deref());
    let done = house.gatepost.redeem_code(held, code.as_ref(), password, session, &visitor.client).await;
    match done.map_err(Problem::from) {
        Ok(done) => Ok(redeemed(&house, &visitor, &done, Some(held.nonce()))),
        Err(problem) if problem.code == Code::SignInRequired => Ok(first(&visitor, Some(PROFILE))),
        Err(problem) if !is_told_inside(&problem) => Err(problem),
        Err(problem) => code_refused(&house, &visitor, held, problem).await,
    }
}

/// The status is the same for every request. The form shows the refusal if this browser has one.
async fn unread(house: &House, visitor: &Visitor, request: &str, problem: Problem) -> Answer {
    match visitor.request(Some(request).filter(|request| !request.is_empty())) {
        Some(held) => code_refused(house, visitor, held, problem).await,
        None => Err(problem),
    }
}

async fn code_refused(house: &House, visitor: &Visitor, held: HeldRequest, problem: Problem) -> Answer {
    let waiting = match house.gatepost.waiting(held).await {
        Ok(waiting) => waiting,
        Err(Error::InvalidRequest) => return unheld(house, visitor, problem),
        Err(error) => return Err(error.into()),
    };
    let mut response = if visitor.is_htmx {
        fragment(panel::code_form(house, &waiting, Some(&problem)))
    } else {
        panel::waiting_page(house, visitor, &waiting, Some(&problem), &panel::Line::of(&waiting))
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
        Purpose::Register => (UNCONFIRMED, Notice::ConfirmationSent),
        _ => (CHECK_INBOX, Notice::LetterSent),
    };
    // A spent request begins anew: everything on the page that waits for the old one is stale.
    let is_same = queued.held == held;
    let mut response = if visitor.is_htmx && is_same {
        let waiting = house.gatepost.waiting(held).await?;
        fragment(html! { (panel::again(&waiting, &panel::Line::of(&waiting))) (panel::told(Some(notice))) })
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
    let line = panel::Line::Refused(problem.detail.to_string());
    let mut response = if visitor.is_htmx {
        fragment(panel::again(&waiting, &line))
    } else {
        panel::waiting_page(house, visitor, &waiting, None, &line)
    };
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}

/// Nothing is left of what the page waited for. Who is signed in asks again on the account page.
fn unheld(house: &House, visitor: &Visitor, problem: Problem) -> Answer {
    if visitor.is_htmx {
        return Err(problem);
    }
    Ok(sign_in::anew(house, visitor, &problem, [PROFILE, "Back to the profile"]))
}
