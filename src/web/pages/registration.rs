//! Registering with address and password.

use maud::{Markup, html};

use super::answer::{Answer, fragment};
use super::arrival::{go_on, with_next};
use super::form::{email_field, hidden_next, is_told_inside, length_hint, new_password_field, of};
use super::layout::page;
use super::visitor::Visitor;
use crate::domain::error::Error;
use crate::domain::mailed::MailQueued;
use crate::domain::password::Password;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::next::Next;
use crate::path::{REGISTER, SIGN_IN, UNCONFIRMED};
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{Fields, Register, kept, next};

/// The form. Who is signed in already is sent on.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    if !house.site.registration {
        return Err(Problem::of(Code::RegistrationClosed));
    }
    let wanted = visitor.query.next();
    if visitor.signed_in.is_some() {
        return Ok(go_on(&house, &visitor, wanted.as_ref()));
    }
    Ok(page(&house.site, &visitor, "Register", &card(&house, "", wanted.as_ref(), None)))
}

/// Registers. The answer never tells who stands behind the address.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let (email, wanted) = (fields.typed("email").to_owned(), next(Some(fields.typed("next"))));
    let input = fields.read::<Register>();
    if visitor.signed_in.is_some() {
        return Ok(go_on(&house, &visitor, wanted.as_ref()));
    }
    match register(&house, &visitor, input, wanted.as_ref()).await {
        Ok(queued) => Ok(visitor.wait_at(UNCONFIRMED, &house.site, &queued.request)),
        Err(problem) if is_told_inside(&problem) && problem.code != Code::RegistrationClosed => {
            let mut response = if visitor.is_htmx {
                fragment(form(&house, &email, wanted.as_ref(), Some(&problem)))
            } else {
                let card = card(&house, &email, wanted.as_ref(), Some(&problem));
                page(&house.site, &visitor, "Register", &card)
            };
            problem.put_headers(&mut response, Door::Pages);
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

async fn register(
    house: &House,
    visitor: &Visitor,
    input: Result<Register, Problem>,
    wanted: Option<&Next>,
) -> Result<MailQueued, Problem> {
    let input = input?;
    let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
    let password = Password::new(input.password);
    Ok(house.gatepost.register(&address, &password, kept(wanted), &visitor.held, &visitor.client).await?)
}

fn card(house: &House, email: &str, wanted: Option<&Next>, problem: Option<&Problem>) -> Markup {
    html! {
        section.card {
            h1 { "Register" }
            p.lead { "Choose a password. We mail you a link and a code to confirm your address." }
            (form(house, email, wanted, problem))
            p.hint { "You have an account, or want no password? "
                a href=(with_next(SIGN_IN, wanted.map(Next::as_str))) { "Sign in" }
                " by mail: that works the first time too." }
        }
    }
}

fn form(house: &House, email: &str, wanted: Option<&Next>, problem: Option<&Problem>) -> Markup {
    let beside_password = of(problem, "password");
    let beside_email = problem.filter(|_| beside_password.is_none());
    let is_first = beside_password.is_none();
    html! {
        form #register-form method="post" action=(REGISTER) hx-post=(REGISTER) hx-target="#register-form"
            hx-swap="outerHTML" {
            (hidden_next(wanted))
            (email_field("email", email, beside_email, is_first))
            (new_password_field("Password", &length_hint(house.gatepost.min_password_bytes()), true, beside_password))
            button type="submit" { "Register" }
        }
    }
}
