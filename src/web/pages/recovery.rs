//! A forgotten password: requesting the email to reset it.

use maud::{Markup, html};

use super::answer::Answer;
use super::form::{EnterKey, Entered, address_button, belongs_in_form, email_field, form_again, hidden_next};
use super::layout::page;
use super::visitor::Visitor;
use crate::domain::error::Error;
use crate::domain::mailed::MailQueued;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::next::Next;
use crate::path::{CHECK_INBOX, FORGOT_PASSWORD, PROFILE, SIGN_IN, with_next};
use crate::web::house::House;
use crate::web::problem::Problem;
use crate::web::wire::{Fields, RequestLetter, kept};

const TITLE: &str = "Forgot your password?";

/// The form. Anyone signed in may have forgotten their password too.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let own = visitor.signed_in.as_ref().map_or("", |live| live.account.address.as_str());
    let entered = Entered { email: own, wanted: visitor.wanted.as_ref(), problem: None };
    Ok(page(&house.site, &visitor, TITLE, &card(&visitor, &entered)))
}

/// Requests the email. The response never reveals who the address belongs to.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let email = fields.typed("email").to_owned();
    match ask(&house, &visitor, fields).await {
        Ok(queued) => Ok(visitor.wait_at(CHECK_INBOX, &house.site, &queued.request)),
        Err(problem) if belongs_in_form(&problem) => {
            let wanted = visitor.wanted.as_ref();
            let entered = Entered { email: &email, wanted, problem: Some(&problem) };
            let (form, card) = (|| form(&entered), || card(&visitor, &entered));
            Ok(form_again(&house.site, &visitor, TITLE, &problem, form, card))
        }
        Err(problem) => Err(problem),
    }
}

async fn ask(house: &House, visitor: &Visitor, fields: Fields) -> Result<MailQueued, Problem> {
    let input: RequestLetter = fields.read()?;
    let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
    let wanted = kept(visitor.wanted.as_ref());
    Ok(house.gatepost.forgot_password(&address, wanted, &visitor.held, &visitor.client).await?)
}

fn card(visitor: &Visitor, entered: &Entered<'_>) -> Markup {
    let sign_in = with_next(SIGN_IN, entered.wanted.map(Next::text));
    html! {
        section.card {
            h1 { (TITLE) }
            p.lead { "We'll email you a link and a code for choosing a new one." }
            (form(entered))
            p.hint {
                @if visitor.signed_in.is_some() { a href=(PROFILE) { "Back to your account" } }
                @else { "Just want to get in? " a href=(sign_in) data-carry { "Sign in by email" } " without a password." }
            }
        }
    }
}

fn form(entered: &Entered<'_>) -> Markup {
    html! {
        form #forgot-form method="post" action=(FORGOT_PASSWORD) hx-post=(FORGOT_PASSWORD) hx-target="#forgot-form" hx-swap="outerHTML" {
            (hidden_next(entered.wanted))
            (email_field(entered.email, entered.problem, true, EnterKey::Go))
            (address_button("Email me a link"))
        }
    }
}
