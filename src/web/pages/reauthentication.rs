//! Proving once more who is signed in, and back to where the person was.

use maud::{Markup, html};
use poem::Response;

use super::answer::{Answer, fragment};
use super::arrival::{first, go_back, with_next};
use super::form::{hidden_next, hidden_username, is_told_inside, password_field};
use super::layout::page;
use super::visitor::Visitor;
use crate::domain::password::Password;
use crate::domain::record::account::Account;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::path::{CHECK_INBOX, PROFILE, REAUTHENTICATE, REAUTHENTICATE_MAIL};
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{Fields, Reauthenticate, kept, next};

/// The form, for who is signed in. Whose sign-in is recent by now has nothing to prove.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let wanted = visitor.query.next();
    let Some(live) = &visitor.signed_in else { return Ok(sign_in_first(&visitor, wanted.as_ref())) };
    if house.gatepost.is_recent(&live.session) {
        return Ok(visitor.lead_to(wanted.as_ref().map_or(PROFILE, Next::as_str)));
    }
    Ok(page(&house.site, &visitor, "Is it still you?", &card(&live.account, wanted.as_ref(), None)))
}

/// Proves it by the password.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let wanted = next(Some(fields.typed("next")));
    let Some(live) = &visitor.signed_in else { return Ok(sign_in_first(&visitor, wanted.as_ref())) };
    match prove(&house, &visitor, fields).await {
        Ok(()) => Ok(go_back(&house, &visitor, wanted.as_ref())),
        Err(problem) if problem.code == Code::SignInRequired => Ok(sign_in_first(&visitor, wanted.as_ref())),
        Err(problem) if is_told_inside(&problem) => {
            let mut response = if visitor.is_htmx {
                fragment(form(&live.account, wanted.as_ref(), Some(&problem)))
            } else {
                let card = card(&live.account, wanted.as_ref(), Some(&problem));
                page(&house.site, &visitor, "Is it still you?", &card)
            };
            problem.put_headers(&mut response, Door::Pages);
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

async fn prove(house: &House, visitor: &Visitor, fields: Fields) -> Result<(), Problem> {
    let input: Reauthenticate = fields.read()?;
    let token = visitor.token();
    let proven = house.gatepost.reauthenticate(token, &Password::new(input.password), &visitor.client).await;
    proven.map(drop).map_err(Problem::of_reauthentication)
}

/// Whose session has ended signs in, and then goes on to where they wanted.
fn sign_in_first(visitor: &Visitor, wanted: Option<&Next>) -> Response {
    first(visitor, Some(&with_next(REAUTHENTICATE, wanted.map(Next::as_str))))
}

/// Asks for a code.
pub(super) async fn mail(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let wanted = next(Some(fields.typed("next")));
    let token = visitor.token();
    let (wanted_later, held) = (kept(wanted.as_ref()), &visitor.held);
    let asked = house.gatepost.request_reauthentication(token, wanted_later, held, &visitor.client).await;
    match asked.map_err(Problem::from) {
        Ok(queued) => Ok(visitor.wait_at(CHECK_INBOX, &house.site, &queued.request)),
        Err(problem) if problem.code == Code::SignInRequired => Ok(sign_in_first(&visitor, wanted.as_ref())),
        // The letter of the first click is on its way: wait for that.
        Err(problem) if problem.code == Code::TooManyMails && !visitor.is_htmx && waits(&visitor) => {
            let mut response = visitor.lead_to(CHECK_INBOX);
            problem.name(&mut response);
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

fn waits(visitor: &Visitor) -> bool {
    visitor.waiting.iter().any(|waiting| waiting.purpose == Purpose::Reauthenticate)
}

fn card(account: &Account, wanted: Option<&Next>, problem: Option<&Problem>) -> Markup {
    html! {
        section.card {
            h1 { "Is it still you?" }
            p.lead { "You are signed in as " strong.address { (account.address) }
                ". Before something is changed, prove once more that it is you." }
            @if account.password.is_some() { (form(account, wanted, problem)) }
            form method="post" action=(REAUTHENTICATE_MAIL) {
                (hidden_next(wanted))
                button.quiet[account.password.is_some()] type="submit" { "Mail me a code" }
            }
        }
    }
}

fn form(account: &Account, wanted: Option<&Next>, problem: Option<&Problem>) -> Markup {
    html! {
        form #reauthenticate method="post" action=(REAUTHENTICATE) hx-post=(REAUTHENTICATE) hx-target="#reauthenticate" hx-swap="outerHTML" {
            (hidden_next(wanted))
            (hidden_username(account.address.as_str()))
            (password_field(problem))
            button type="submit" { "Go on" }
        }
    }
}
