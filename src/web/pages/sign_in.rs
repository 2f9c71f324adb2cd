//! Signing in by email: the form, and the answer that replaces it.

use maud::{Markup, html};
use poem::Response;
use poem::http::HeaderValue;

use super::answer::{Answer, fragment};
use super::arrival::go_on;
use super::check_inbox::{Answered, panel_with_title, path_of};
use super::form::{EnterKey, Entered, belongs_in_form, email_field, result, sign_in_form};
use super::layout::{address, full_title, page};
use super::query::ASKS_FOR_COOKIES;
use super::visitor::Visitor;
use crate::domain::error::Error;
use crate::domain::mailed::{CodeState, MailQueued, Waiting};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::path::{CHECK_INBOX, MAILBOX, REGISTER, SIGN_IN_PASSWORD, with_next};
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{Fields, RequestSignIn, kept};

const TITLE: &str = "Sign in";

/// The form. Anyone already signed in is sent on.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    if visitor.signed_in.is_some() {
        return Ok(go_on(&house, &visitor, visitor.wanted.as_ref()));
    }
    let entered = Entered { wanted: visitor.wanted.as_ref(), ..Entered::default() };
    Ok(page(&house.site, &visitor, TITLE, &card(&house, &visitor, &entered)))
}

/// Requests a sign-in email. The response never reveals who the address belongs to.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let (email, wanted) = (fields.typed("email").to_owned(), visitor.wanted.as_ref());
    let input = fields.read::<RequestSignIn>();
    if visitor.signed_in.is_some() {
        return Ok(go_on(&house, &visitor, wanted));
    }
    let entered = Entered { email: &email, wanted, problem: None };
    match request(&house, &visitor, input).await {
        Ok(queued) => requested(&house, &visitor, &entered, &queued).await,
        Err(problem) => refused(&house, &visitor, &entered, problem),
    }
}

async fn request(
    house: &House,
    visitor: &Visitor,
    input: Result<RequestSignIn, Problem>,
) -> Result<MailQueued, Problem> {
    let address = EmailAddress::parse(&input?.email).map_err(Error::from)?;
    let wanted = kept(visitor.wanted.as_ref());
    Ok(house.gatepost.request_sign_in(&address, wanted, &visitor.held, &visitor.client).await?)
}

async fn requested(house: &House, visitor: &Visitor, entered: &Entered<'_>, queued: &MailQueued) -> Answer {
    let mut response = if visitor.is_htmx {
        let waiting = house.gatepost.waiting(queued.held).await?;
        in_place_of_the_form(house, visitor, entered, &waiting, Answered::Nothing)
    } else {
        visitor.lead_to(CHECK_INBOX)
    };
    visitor.keep(&mut response, &house.site, &queued.request);
    Ok(response)
}

/// The panel for `#result`, and the form again, hidden: with the address in it, to come back to.
fn in_place_of_the_form(
    house: &House,
    visitor: &Visitor,
    entered: &Entered<'_>,
    waiting: &Waiting,
    answered: Answered<'_>,
) -> Response {
    fragment(html! {
        (panel_with_title(house, visitor, waiting, answered))
        // Finds out at once whether the browser kept the request.
        @if visitor.may_keep_no_cookies() {
            div hx-get=(format!("{CHECK_INBOX}?{ASKS_FOR_COOKIES}")) hx-trigger="load" hx-swap="none" {}
        }
        div #ask data-title=(full_title(&house.site, TITLE)) hidden hx-swap-oob="true" {
            (asking(house, entered, Some(waiting), false))
        }
    })
}

fn refused(house: &House, visitor: &Visitor, entered: &Entered<'_>, problem: Problem) -> Answer {
    if !belongs_in_form(&problem) {
        return Err(problem);
    }
    let mut response = if !visitor.is_htmx {
        let entered = Entered { problem: Some(&problem), ..*entered };
        page(&house.site, visitor, TITLE, &card(house, visitor, &entered))
    } else if let Some(waiting) = requested_before(visitor, entered.email, &problem) {
        in_place_of_the_form(house, visitor, entered, waiting, Answered::NotSent(&problem))
    } else {
        let mut response = fragment(email_field(entered.email, Some(&problem), true, EnterKey::Go));
        response.headers_mut().insert("hx-retarget", HeaderValue::from_static("#email-field"));
        response.headers_mut().insert("hx-reswap", HeaderValue::from_static("outerMorph"));
        response
    };
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}

/// The request for an address that was requested again too soon. Its email is on its way, so the page
/// shows where to wait for it.
fn requested_before<'a>(visitor: &'a Visitor, entered: &str, problem: &Problem) -> Option<&'a Waiting> {
    let address = EmailAddress::parse(entered).ok().filter(|_| problem.code == Code::TooManyMails)?;
    visitor.waiting.iter().find(|waiting| {
        waiting.purpose == Purpose::SignIn && waiting.email.canonical() == address.canonical()
    })
}

fn card(house: &House, visitor: &Visitor, entered: &Entered<'_>) -> Markup {
    html! {
        section.card {
            div #ask data-title=(full_title(&house.site, TITLE)) {
                (asking(house, entered, visitor.waiting.first(), visitor.notices.is_empty()))
            }
            (result())
            @if house.site.has_mailbox && visitor.came_direct {
                p.hint { "This server does not send email yet. You'll find its messages in the "
                    a href=(MAILBOX) { "mailbox" } "." }
            }
        }
    }
}

/// The part of the card that the answer replaces.
fn asking(house: &House, entered: &Entered<'_>, waiting: Option<&Waiting>, is_first: bool) -> Markup {
    let wanted = entered.wanted.map(Next::text);
    html! {
        h1 { (TITLE) }
        p.lead { "Enter your email address and we'll send you a link and a code. No password needed." }
        @if let Some(waiting) = waiting {
            p.waits { "We sent an email to " (address(&waiting.email)) ". "
                a href=(with_next(path_of(waiting.purpose), wanted)) {
                    @if waiting.code == CodeState::Open { "Enter its code" } @else { "Get a new code" }
                }
            }
        }
        (sign_in_form(entered, is_first))
        p.hint { a href=(with_next(SIGN_IN_PASSWORD, wanted)) data-carry { "Sign in with a password" } }
        @if house.site.registration.has_form() {
            p.hint { "New here? Use the form above, or "
                a href=(with_next(REGISTER, wanted)) data-carry { "register with a password" } "." }
        }
    }
}
