//! Waiting for an email: entering its code, or requesting another.
//!
//! A waiting tab asks for its state every few seconds. Once this browser is signed in, with the link
//! opened in another tab for example, it moves on by itself.
//!
//! - `panel`: what is shown meanwhile; `again`: its part that asks again

mod again;
mod panel;

use maud::html;
use poem::Response;
use poem::http::HeaderValue;

pub(super) use self::again::Answered;
use self::again::{again, again_and_told, wanted};
use self::panel::{code_form, leaves, panel, title};
pub(super) use self::panel::{panel_with_title, path_of};
use super::answer::{Answer, fragment};
use super::arrival::{first, go_on, redeemed};
use super::form::belongs_in_form;
use super::layout::page_on_the_way;
use super::notice::{self, Notice};
use super::over::over;
use super::own;
use super::visitor::{Visitor, waits_for};
use crate::domain::error::Error;
use crate::domain::mailed::{CodeState, MailQueued, Redeemed, Waiting};
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::token;
use crate::path::{PROFILE, SIGN_IN, with_next};
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{CodeForm, Fields, ResendForm, kept};

/// The waiting page of the newest request; with htmx, its state now.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let newest = visitor.waiting.first().map(|waiting| waiting.held);
    show_waiting(&house, &visitor, newest).await
}

/// The same for a browser that was led here because of a registration, whatever it requested since.
pub(super) async fn show_unconfirmed(house: House, visitor: Visitor) -> Answer {
    let registration = visitor.waiting.iter().find(|waiting| waiting.purpose == Purpose::Register);
    let newest = registration.or(visitor.waiting.first()).map(|waiting| waiting.held);
    show_waiting(&house, &visitor, newest).await
}

async fn show_waiting(house: &House, visitor: &Visitor, newest: Option<HeldRequest>) -> Answer {
    let named = visitor.query.request.as_deref();
    let held = if named.is_some() { visitor.request(named) } else { newest.or(visitor.request(None)) };
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
        let asked_for = waiting.and_then(|waiting| waiting.next);
        return Ok(go_on(house, visitor, visitor.wanted.as_ref().or(asked_for.as_ref())));
    }
    Ok(match waiting.filter(is_its_own) {
        None => visitor.lead_to(&with_next(SIGN_IN, visitor.wanted.as_ref().map(Next::text))),
        Some(waiting) if !visitor.is_htmx => waiting_page(house, visitor, &waiting, Answered::Nothing),
        Some(waiting) if is_shown(visitor, &waiting) => fragment(again(visitor, &waiting)),
        Some(waiting) => whole_panel(house, visitor, &waiting, Answered::Nothing),
    })
}

/// Whether a tab that asks for the state already shows it, apart from the time left to wait.
fn is_shown(visitor: &Visitor, waiting: &Waiting) -> bool {
    match waiting.code {
        CodeState::Open => true,
        CodeState::Spent => visitor.query.shows_spent(),
        CodeState::Expired => false,
    }
}

fn waiting_page(house: &House, visitor: &Visitor, waiting: &Waiting, answered: Answered<'_>) -> Response {
    let content = html! { section.card { (panel(house, visitor, waiting, answered)) } };
    page_on_the_way(&house.site, visitor, wanted(visitor, waiting), title(waiting), &content)
}

/// Redraws everything that a waiting tab shows.
fn whole_panel(house: &House, visitor: &Visitor, waiting: &Waiting, answered: Answered<'_>) -> Response {
    let mut response = fragment(panel_with_title(house, visitor, waiting, answered));
    response.headers_mut().insert("hx-retarget", HeaderValue::from_static("#waiting"));
    response.headers_mut().insert("hx-reswap", HeaderValue::from_static("outerHTML"));
    response
}

/// Signs in with the code of an email.
pub(super) async fn redeem_code(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let request = fields.typed("request").to_owned();
    let unwarned = own::refusal(&visitor, &fields);
    let input: CodeForm = match fields.read() {
        Ok(input) => input,
        Err(problem) => return unread(&house, &visitor, &request, problem).await,
    };
    let Some(held) = visitor.request(input.request.as_deref()) else {
        return unheld(&house, &visitor, Error::InvalidRequest.into());
    };
    if let Some(problem) = unwarned
        && let Ok(waiting) = house.gatepost.waiting(held).await
        && leaves(&visitor, &waiting).is_some()
    {
        return code_refused(&house, &visitor, held, problem).await;
    }
    let code = token::Code::parse(&input.code);
    let (password, session) = (input.password.as_ref(), visitor.session.as_deref());
    let done = house.gatepost.redeem_code(held, code.as_ref(), password, session, &visitor.client).await;
    match done.map_err(Problem::from) {
        Ok(done) => {
            let next = visitor.wanted.clone().or(done.next);
            Ok(redeemed(&house, &visitor, &Redeemed { next, ..done }, Some(held.nonce())))
        }
        Err(problem) if problem.code == Code::SignInRequired => Ok(first(&visitor, Some(PROFILE))),
        Err(problem) if !belongs_in_form(&problem) => Err(problem),
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
    let answered = Answered::Refused(&problem);
    let mut response = if !visitor.is_htmx {
        waiting_page(house, visitor, &waiting, answered)
    } else if waiting.code == CodeState::Open && !own::is_about_account(&problem) {
        fragment(code_form(house, visitor, &waiting, answered))
    } else {
        whole_panel(house, visitor, &waiting, answered)
    };
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}

/// Sends another email.
pub(super) async fn resend(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let input: ResendForm = fields.read()?;
    let Some(held) = visitor.request(input.request.as_deref()) else {
        return unheld(&house, &visitor, Error::InvalidRequest.into());
    };
    let queued = match send_again(&house, &visitor, held).await {
        Ok(queued) => queued,
        Err(error) => return resend_refused(&house, &visitor, held, Problem::of_resend(error)).await,
    };
    let notice = match queued.purpose {
        Purpose::Register => Notice::ConfirmationSent,
        _ => Notice::LetterSent,
    };
    // A dead request was replaced by a new one, and everything on the page belongs to the old one.
    let is_same = queued.held == held;
    let mut response = if visitor.is_htmx && is_same {
        let waiting = house.gatepost.waiting(held).await?;
        fragment(again_and_told(&visitor, &waiting, Answered::Sent(notice)))
    } else {
        let mut response = visitor.lead_to(path_of(queued.purpose));
        notice::put(&[notice], &mut response, &house.site);
        response
    };
    visitor.keep(&mut response, &house.site, &queued.request);
    Ok(response)
}

async fn send_again(house: &House, visitor: &Visitor, held: HeldRequest) -> Result<MailQueued, Error> {
    if let Some(wanted) = kept(visitor.wanted.as_ref()) {
        house.gatepost.lead_to(held, wanted, &visitor.client).await?;
    }
    house.gatepost.resend(held, &visitor.client).await
}

async fn resend_refused(house: &House, visitor: &Visitor, held: HeldRequest, problem: Problem) -> Answer {
    if problem.status().is_server_error() {
        return Err(problem);
    }
    let Ok(waiting) = house.gatepost.waiting(held).await else { return unheld(house, visitor, problem) };
    let answered = Answered::NotSent(&problem);
    let mut response = if visitor.is_htmx {
        fragment(again_and_told(visitor, &waiting, answered))
    } else {
        waiting_page(house, visitor, &waiting, answered)
    };
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}

/// The request is gone. Anyone signed in can ask again on the account page.
fn unheld(house: &House, visitor: &Visitor, problem: Problem) -> Answer {
    if visitor.is_htmx {
        return Err(problem);
    }
    Ok(over(house, visitor, &problem, visitor.wanted.as_ref(), [PROFILE, "Back to your account"]))
}
