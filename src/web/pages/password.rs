//! Signing in with a password.

use maud::{Markup, html};

use super::answer::Answer;
use super::arrival::{confirm_first, go_on, welcome};
use super::form::{
    EnterKey, Entered, address_button, belongs_in_form, email_field, form_again, hidden_cookie, hidden_next,
    of, password_field,
};
use super::layout::{beside, leaving, page};
use super::own::{self, hidden_current};
use super::visitor::Visitor;
use crate::domain::error::Error;
use crate::domain::person::PasswordSignIn;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::next::Next;
use crate::path::{FORGOT_PASSWORD, SIGN_IN, SIGN_IN_PASSWORD, with_next};
use crate::web::house::House;
use crate::web::problem::Problem;
use crate::web::wire::{Fields, SignInWithPassword, kept};

const TITLE: &str = "Sign in with a password";

/// The form. Anyone already signed in is sent on.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let wanted = visitor.wanted.as_ref();
    if visitor.signed_in.is_some() {
        return Ok(go_on(&house, &visitor, wanted));
    }
    let entered = Entered { wanted, ..Entered::default() };
    Ok(page(&house.site, &visitor, TITLE, &card(&visitor, &entered)))
}

/// Signs in with a password.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let (email, wanted) = (fields.typed("email").to_owned(), visitor.wanted.as_ref());
    let unwarned = own::refusal(&visitor, &fields).filter(|_| leaves(&visitor, &email));
    let input = unwarned.map_or_else(|| fields.read::<SignInWithPassword>(), Err);
    match let_in(&house, &visitor, input).await {
        Ok(PasswordSignIn::SignedIn(signed_in)) => Ok(welcome(&house, &visitor, &signed_in)),
        Ok(PasswordSignIn::Unconfirmed(unconfirmed)) => {
            if let Some(wanted) = kept(wanted) {
                house.gatepost.lead_to(unconfirmed.held, wanted, &visitor.client).await?;
            }
            let mut response = confirm_first(&house, &visitor);
            visitor.keep(&mut response, &house.site, &unconfirmed.request);
            Ok(response)
        }
        Err(problem) if belongs_in_form(&problem) => {
            let entered = Entered { email: &email, wanted, problem: Some(&problem) };
            let (form, card) = (|| form(&visitor, &entered), || card(&visitor, &entered));
            Ok(form_again(&house.site, &visitor, TITLE, &problem, form, card))
        }
        Err(problem) => Err(problem),
    }
}

async fn let_in(
    house: &House,
    visitor: &Visitor,
    input: Result<SignInWithPassword, Problem>,
) -> Result<PasswordSignIn, Problem> {
    let input = input?;
    let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
    let left = visitor.session.as_deref();
    Ok(house.gatepost.sign_in_with_password(&address, &input.password, left, &visitor.client).await?)
}

/// Whether signing in with this address signs out another account.
fn leaves(visitor: &Visitor, email: &str) -> bool {
    visitor.signed_in.as_ref().is_some_and(|live| {
        let own = live.account.address.canonical();
        EmailAddress::parse(email).is_ok_and(|address| address.canonical() != own)
    })
}

fn card(visitor: &Visitor, entered: &Entered<'_>) -> Markup {
    html! {
        section.card {
            h1 { (TITLE) }
            (form(visitor, entered))
        }
    }
}

fn form(visitor: &Visitor, entered: &Entered<'_>) -> Markup {
    let beside_email = of(entered.problem, "email");
    let above = entered.problem.filter(|problem| own::is_about_account(problem));
    let beside_password = entered.problem.filter(|_| beside_email.is_none() && above.is_none());
    let signed_in = visitor.signed_in.as_ref().map(|live| &live.account.address);
    let wanted = entered.wanted.map(Next::text);
    html! {
        form #password-form method="post" action=(SIGN_IN_PASSWORD) hx-post=(SIGN_IN_PASSWORD)
            hx-target="#password-form" hx-swap="outerHTML" {
            (hidden_next(entered.wanted))
            (hidden_cookie(visitor))
            (hidden_current(visitor))
            (beside("account-error", above))
            (leaving(signed_in))
            (email_field(entered.email, beside_email, beside_password.is_none(), EnterKey::Next))
            (password_field(beside_password))
            (address_button("Sign in"))
            p.hint.ways {
                a href=(with_next(FORGOT_PASSWORD, wanted)) data-carry { "Forgot password?" }
                a href=(with_next(SIGN_IN, wanted)) data-carry { "Email me a link instead" }
            }
        }
    }
}
