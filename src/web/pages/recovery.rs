//! A forgotten password: asking for the letter.

use maud::{Markup, html};

use super::answer::{Answer, fragment};
use super::form::{email_field, is_told_inside};
use super::layout::page;
use super::visitor::Visitor;
use crate::domain::error::Error;
use crate::domain::mailed::MailQueued;
use crate::domain::record::address::EmailAddress;
use crate::path::{CHECK_INBOX, FORGOT_PASSWORD, PROFILE, SIGN_IN};
use crate::web::house::{Door, House};
use crate::web::problem::Problem;
use crate::web::wire::{Fields, RequestLetter};

/// The form. Who is signed in may have forgotten it too.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let own = visitor.signed_in.as_ref().map_or("", |live| live.account.address.as_str());
    Ok(page(&house.site, &visitor, "Forgotten password", &card(&visitor, own, None)))
}

/// Asks for a letter. The answer never tells who stands behind the address.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let typed = fields.typed("email").to_owned();
    match ask(&house, &visitor, fields).await {
        Ok(queued) => Ok(visitor.wait_at(CHECK_INBOX, &house.site, &queued.request)),
        Err(problem) if is_told_inside(&problem) => {
            let mut response = if visitor.is_htmx {
                fragment(form(&typed, Some(&problem)))
            } else {
                page(&house.site, &visitor, "Forgotten password", &card(&visitor, &typed, Some(&problem)))
            };
            problem.put_headers(&mut response, Door::Pages);
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

async fn ask(house: &House, visitor: &Visitor, fields: Fields) -> Result<MailQueued, Problem> {
    let input: RequestLetter = fields.read()?;
    let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
    Ok(house.gatepost.forgot_password(&address, &visitor.held, &visitor.client).await?)
}

fn card(visitor: &Visitor, typed: &str, problem: Option<&Problem>) -> Markup {
    html! {
        section.card {
            h1 { "Forgotten password" }
            p.lead { "We mail you a link and a code, by which you choose a new one." }
            (form(typed, problem))
            p.hint {
                @if visitor.signed_in.is_some() { a href=(PROFILE) { "Back to the profile" } }
                @else { "You only want to come in? " a href=(SIGN_IN) { "Sign in by mail" } ", without a password." }
            }
        }
    }
}

fn form(typed: &str, problem: Option<&Problem>) -> Markup {
    html! {
        form #forgot-form method="post" action=(FORGOT_PASSWORD) hx-post=(FORGOT_PASSWORD) hx-target="#forgot-form" hx-swap="outerHTML" {
            (email_field("email", typed, problem, true))
            button type="submit" { "Mail me a link" }
        }
    }
}
