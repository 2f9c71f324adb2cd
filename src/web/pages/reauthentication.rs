//! Confirming once more that it is the person who signed in, then going back to where they were.

use maud::{Markup, html};
use poem::Response;
use poem::http::HeaderValue;

use super::answer::{Answer, fragment};
use super::arrival::{first, go_back};
use super::form::{belongs_in_form, form_again, hidden_next, hidden_username, password_field};
use super::layout::{address, page};
use super::notice::Notice;
use super::own::{self, hidden_account};
use super::visitor::Visitor;
use crate::domain::record::account::Account;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::RESEND_WAIT;
use crate::path::{CHECK_INBOX, REAUTHENTICATE, REAUTHENTICATE_MAIL, SIGN_OUT, with_next};
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{Fields, Reauthenticate, kept};

const TITLE: &str = "Confirm it's you";

/// The form. Someone who signed in recently is sent on, since there is nothing left to confirm.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let wanted = visitor.wanted.as_ref();
    let Some(live) = &visitor.signed_in else { return Ok(sign_in_first(&visitor)) };
    if house.gatepost.is_recent(&live.session) {
        return Ok(go_back(&house, &visitor, wanted, None));
    }
    Ok(page(&house.site, &visitor, TITLE, &card(&live.account, wanted, None)))
}

/// Confirms it with the password.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let wanted = visitor.wanted.as_ref();
    let Some(live) = &visitor.signed_in else { return Ok(sign_in_first(&visitor)) };
    match prove(&house, &visitor, fields).await {
        Ok(()) => Ok(go_back(&house, &visitor, wanted, Some(Notice::Recent))),
        Err(problem) if problem.code == Code::SignInRequired => Ok(sign_in_first(&visitor)),
        Err(problem) if belongs_in_form(&problem) => {
            let form = || form(&live.account, wanted, Some(&problem));
            let card = || card(&live.account, wanted, Some(&problem));
            Ok(form_again(&house.site, &visitor, TITLE, &problem, form, card))
        }
        Err(problem) => Err(problem),
    }
}

async fn prove(house: &House, visitor: &Visitor, fields: Fields) -> Result<(), Problem> {
    let input: Reauthenticate = fields.read()?;
    let token = visitor.token();
    let proven = house.gatepost.reauthenticate(token, &input.password, &visitor.client).await;
    proven.map(drop).map_err(Problem::of_reauthentication)
}

/// Someone whose session has ended signs in, and then goes on to where they wanted to go.
fn sign_in_first(visitor: &Visitor) -> Response {
    first(visitor, Some(&with_next(REAUTHENTICATE, visitor.wanted.as_ref().map(Next::text))))
}

/// Requests a code by email.
pub(super) async fn mail(house: House, visitor: Visitor, _: Fields) -> Answer {
    let token = visitor.token();
    let (wanted, held) = (kept(visitor.wanted.as_ref()), &visitor.held);
    let asked = house.gatepost.request_reauthentication(token, wanted, held, &visitor.client).await;
    match asked.map_err(Problem::from) {
        Ok(queued) => Ok(visitor.wait_at(CHECK_INBOX, &house.site, &queued.request)),
        Err(problem) if problem.code == Code::SignInRequired => Ok(sign_in_first(&visitor)),
        // The email from the first click is on its way, so the person can wait for that one.
        Err(problem) if is_on_its_way(&problem) && !visitor.is_htmx && waits(&visitor) => {
            let mut response = visitor.lead_to(CHECK_INBOX);
            problem.name(&mut response);
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

/// The page again, for the account that is signed in now: the form was drawn for another one. htmx replaces
/// the whole card, because all of it names the account.
pub(super) async fn again(house: House, visitor: Visitor, problem: Problem) -> Answer {
    let Some(live) = &visitor.signed_in else { return Err(problem) };
    let card = card(&live.account, visitor.wanted.as_ref(), Some(&problem));
    let mut response =
        if visitor.is_htmx { fragment(card) } else { page(&house.site, &visitor, TITLE, &card) };
    response.headers_mut().insert("hx-retarget", HeaderValue::from_static("#confirm-card"));
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}

/// Whether it was only requested twice within the wait. Beyond that, a limit refuses it and no email comes.
fn is_on_its_way(problem: &Problem) -> bool {
    problem.code == Code::TooManyMails && problem.retry_after.is_some_and(|wait| wait <= RESEND_WAIT)
}

fn waits(visitor: &Visitor) -> bool {
    visitor.waiting.iter().any(|waiting| waiting.purpose == Purpose::Reauthenticate)
}

fn card(account: &Account, wanted: Option<&Next>, problem: Option<&Problem>) -> Markup {
    let has_password = account.password.is_some();
    let (not_own, problem) = match problem {
        Some(problem) if problem.field == Some("account") || problem.code == Code::OtherAccount => {
            (Some(problem), None)
        }
        problem => (None, problem),
    };
    html! {
        section.card #confirm-card {
            h1 { (TITLE) }
            @if let Some(problem) = not_own { (own::told(problem, &account.address)) }
            p.lead { "You're signed in as " (address(&account.address)) ". Before you change anything, please confirm it's you." }
            @if has_password { (form(account, wanted, problem)) }
            form method="post" action=(REAUTHENTICATE_MAIL) {
                (hidden_account(account.id))
                (hidden_next(wanted))
                button.quiet[has_password] type="submit" { "Email me a code" }
            }
            // A mail server that is down must keep no one out of the page that explains it.
            @if account.admin && !has_password {
                p.hint { "No code? On the server, " code { "gatepost account link " (account.address) } " signs you in." }
            }
            form.aside method="post" action=(SIGN_OUT) {
                button.plain type="submit" { "This isn't me: sign out" }
            }
        }
    }
}

fn form(account: &Account, wanted: Option<&Next>, problem: Option<&Problem>) -> Markup {
    html! {
        form #reauthenticate method="post" action=(REAUTHENTICATE) hx-post=(REAUTHENTICATE) hx-target="#reauthenticate" hx-swap="outerHTML" {
            (hidden_account(account.id))
            (hidden_next(wanted))
            (hidden_username(account.address.as_str()))
            (password_field(problem))
            button type="submit" { "Continue" }
        }
    }
}
