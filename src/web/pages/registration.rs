//! Registering with an email address and a password.

use maud::{Markup, html};

use super::answer::Answer;
use super::arrival::go_on;
use super::form::{
    EnterKey, Entered, address_button, belongs_in_form, email_field, form_again, hidden_next, length_hint,
    new_password_field, of,
};
use super::layout::page;
use super::visitor::Visitor;
use crate::domain::error::Error;
use crate::domain::mailed::MailQueued;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::next::Next;
use crate::path::{REGISTER, SIGN_IN, UNCONFIRMED, with_next};
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire::{Fields, Register, kept};

const TITLE: &str = "Register";

/// The form. Anyone already signed in is sent on.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    if !house.site.registration.has_form() {
        return Err(Problem::of(Code::RegistrationClosed));
    }
    let wanted = visitor.wanted.as_ref();
    if visitor.signed_in.is_some() {
        return Ok(go_on(&house, &visitor, wanted));
    }
    let entered = Entered { wanted, ..Entered::default() };
    Ok(page(&house.site, &visitor, TITLE, &card(&house, &entered)))
}

/// Registers. The response never reveals who the address belongs to.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let (email, wanted) = (fields.typed("email").to_owned(), visitor.wanted.as_ref());
    let input = fields.read::<Register>();
    if visitor.signed_in.is_some() {
        return Ok(go_on(&house, &visitor, wanted));
    }
    match register(&house, &visitor, input).await {
        Ok(queued) => Ok(visitor.wait_at(UNCONFIRMED, &house.site, &queued.request)),
        // Where no one can register, there is no form to show again.
        Err(problem) if belongs_in_form(&problem) && house.site.registration.has_form() => {
            let entered = Entered { email: &email, wanted, problem: Some(&problem) };
            let (form, card) = (|| form(&house, &entered), || card(&house, &entered));
            Ok(form_again(&house.site, &visitor, TITLE, &problem, form, card))
        }
        Err(problem) => Err(problem),
    }
}

async fn register(
    house: &House,
    visitor: &Visitor,
    input: Result<Register, Problem>,
) -> Result<MailQueued, Problem> {
    let input = input?;
    let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
    let wanted = kept(visitor.wanted.as_ref());
    Ok(house.gatepost.register(&address, &input.password, wanted, &visitor.held, &visitor.client).await?)
}

fn card(house: &House, entered: &Entered<'_>) -> Markup {
    html! {
        section.card {
            h1 { (TITLE) }
            p.lead { "Enter your email address and a password. We'll send you a link and a code to confirm the address." }
            @if let Some(domains) = house.site.registration.domains() {
                p { "Registration is open to email addresses at " (domains) "." }
            }
            (form(house, entered))
            p.hint { "Already have an account, or don't want a password? "
                a href=(with_next(SIGN_IN, entered.wanted.map(Next::text))) data-carry { "Sign in by email" }
                ". It works the first time too." }
        }
    }
}

fn form(house: &House, entered: &Entered<'_>) -> Markup {
    let beside_password = of(entered.problem, "password");
    let beside_email = entered.problem.filter(|_| beside_password.is_none());
    let is_first = beside_password.is_none();
    html! {
        form #register-form method="post" action=(REGISTER) hx-post=(REGISTER) hx-target="#register-form"
            hx-swap="outerHTML" {
            (hidden_next(entered.wanted))
            (email_field(entered.email, beside_email, is_first, EnterKey::Next))
            (new_password_field("Password", &length_hint(house.gatepost.min_password_bytes()), true, beside_password))
            (address_button("Register"))
        }
    }
}
