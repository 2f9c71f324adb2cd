//! Proving once more who is signed in, and back to where the person was.

use maud::{Markup, html};

use super::arrival::{first, go_back};
use super::form::{hidden_next, hidden_username, is_told_inside, password_field};
use super::layout::page;
use super::visitor::Visitor;
use super::{Answer, fragment};
use crate::domain::account::Account;
use crate::domain::next::Next;
use crate::domain::password::Password;
use crate::path::{CHECK_INBOX, REAUTHENTICATE, REAUTHENTICATE_MAIL};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{Fields, Reauthenticate, RequestReauthentication, next};
use crate::web::{Door, House};

/// The form, for who is signed in.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let Some(live) = &visitor.signed_in else { return Ok(first(&visitor, Some(REAUTHENTICATE))) };
    let wanted = visitor.query.next();
    Ok(page(&house.site, &visitor, "Is it still you?", &card(&live.account, wanted.as_ref(), None)))
}

/// Proves it by the password.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let Some(live) = &visitor.signed_in else { return Ok(first(&visitor, Some(REAUTHENTICATE))) };
    let input = fields.read::<Reauthenticate>();
    let wanted = input.as_ref().ok().and_then(|input| next(input.next.as_deref()));
    match prove(&house, &visitor, input).await {
        Ok(()) => Ok(go_back(&house, &visitor, wanted.as_ref())),
        Err(problem) if problem.code == Code::SignInRequired => Ok(first(&visitor, Some(REAUTHENTICATE))),
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

async fn prove(
    house: &House,
    visitor: &Visitor,
    input: Result<Reauthenticate, Problem>,
) -> Result<(), Problem> {
    let password = Password::new(input?.password);
    let token = visitor.session.as_deref().unwrap_or_default();
    house.gatepost.reauthenticate(token, &password, &visitor.client).await?;
    Ok(())
}

/// Asks for a code.
pub(super) async fn mail(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let input = fields.read::<RequestReauthentication>()?;
    let wanted = next(input.next.as_deref());
    let Some(token) = visitor.session.as_deref().filter(|_| visitor.signed_in.is_some()) else {
        return Ok(first(&visitor, Some(REAUTHENTICATE)));
    };
    let asked =
        house.gatepost.request_reauthentication(token, wanted.as_ref(), &visitor.held, &visitor.client).await;
    match asked.map_err(Problem::from) {
        Ok(queued) => {
            let mut response = visitor.lead_to(CHECK_INBOX);
            visitor.keep(&mut response, &house.site, &queued.request);
            Ok(response)
        }
        // The letter of the first click is on its way: wait for that.
        Err(problem) if problem.code == Code::TooManyMails && !visitor.is_htmx => {
            let mut response = visitor.lead_to(CHECK_INBOX);
            problem.name(&mut response);
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
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
