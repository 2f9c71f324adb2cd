//! A forgotten password: requesting the email to reset it.

use maud::{Markup, html};

use super::answer::Answer;
use super::form::{EnterKey, address_button, belongs_in_form, email_field, form_again};
use super::layout::page;
use super::visitor::Visitor;
use crate::domain::error::Error;
use crate::domain::mailed::MailQueued;
use crate::domain::record::address::EmailAddress;
use crate::path::{CHECK_INBOX, FORGOT_PASSWORD, PROFILE, SIGN_IN};
use crate::web::house::House;
use crate::web::problem::Problem;
use crate::web::wire::{Fields, RequestLetter};

const TITLE: &str = "Forgot your password?";

/// The form. Anyone signed in may have forgotten their password too.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let own = visitor.signed_in.as_ref().map_or("", |live| live.account.address.as_str());
    Ok(page(&house.site, &visitor, TITLE, &card(&visitor, own, None)))
}

/// Requests the email. The response never reveals who the address belongs to.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let entered = fields.typed("email").to_owned();
    match ask(&house, &visitor, fields).await {
        Ok(queued) => Ok(visitor.wait_at(CHECK_INBOX, &house.site, &queued.request)),
        Err(problem) if belongs_in_form(&problem) => {
            let form = || form(&entered, Some(&problem));
            let card = || card(&visitor, &entered, Some(&problem));
            Ok(form_again(&house.site, &visitor, TITLE, &problem, form, card))
        }
        Err(problem) => Err(problem),
    }
}

async fn ask(house: &House, visitor: &Visitor, fields: Fields) -> Result<MailQueued, Problem> {
    let input: RequestLetter = fields.read()?;
    let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
    Ok(house.gatepost.forgot_password(&address, &visitor.held, &visitor.client).await?)
}

fn card(visitor: &Visitor, entered: &str, problem: Option<&Problem>) -> Markup {
    html! {
        section.card {
            h1 { (TITLE) }
            p.lead { "We'll email you a link and a code for choosing a new one." }
            (form(entered, problem))
            p.hint {
                @if visitor.signed_in.is_some() { a href=(PROFILE) { "Back to your account" } }
                @else { "Just want to get in? " a href=(SIGN_IN) data-carry { "Sign in by email" } " without a password." }
            }
        }
    }
}

fn form(entered: &str, problem: Option<&Problem>) -> Markup {
    html! {
        form #forgot-form method="post" action=(FORGOT_PASSWORD) hx-post=(FORGOT_PASSWORD) hx-target="#forgot-form" hx-swap="outerHTML" {
            (email_field(entered, problem, true, EnterKey::Go))
            (address_button("Email me a link"))
        }
    }
}
