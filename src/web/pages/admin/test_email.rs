//! Sending a test email.

use maud::{Markup, html};

use super::super::answer::{Answer, fragment};
use super::super::form::{belongs_in_form, form_again, of};
use super::super::layout::beside;
use super::super::notice::{self, Notice};
use super::super::visitor::Visitor;
use super::entrance::refused;
use super::frame::tabs;
use super::invite::is_of_form;
use crate::domain::error::Error;
use crate::domain::record::address::EmailAddress;
use crate::path::{ADMIN_MAIL, ADMIN_MAIL_TEST};
use crate::web::house::House;
use crate::web::problem::Problem;
use crate::web::wire::{Fields, ForAddress};

/// The form, with what was entered and what came of it.
pub(super) fn form(entered: &str, problem: Option<&Problem>, done: Option<Notice>) -> Markup {
    let beside_field = of(problem, "email");
    html! {
        form #test method="post" action=(ADMIN_MAIL_TEST) hx-post=(ADMIN_MAIL_TEST) hx-target="#test" hx-swap="outerHTML" {
            @let has_answer = problem.is_some() || done.is_some();
            h2 tabindex=[has_answer.then_some("-1")] autofocus[has_answer && beside_field.is_none()] { "Test email" }
            @if let Some(notice) = done { p.notice role="status" { (notice.sentence()) } }
            @if let Some(problem) = problem.filter(|_| beside_field.is_none()) {
                p.error role="alert" { (problem.detail) }
            }
            div.field {
                label for="test-email" { "Email address" }
                input #test-email name="email" type="email" value=(entered) required autocomplete="email"
                    autocapitalize="none" spellcheck="false" maxlength="254" enterkeyhint="go"
                    aria-invalid=[beside_field.map(|_| "true")]
                    aria-describedby=[beside_field.map(|_| "test-email-error")] autofocus[beside_field.is_some()];
                (beside("test-email-error", beside_field))
            }
            button.quiet type="submit" formnovalidate { "Send a test email" }
        }
    }
}

/// Sends a test email.
pub(in crate::web::pages) async fn send(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let entered = fields.typed("email").to_owned();
    match try_send(&house, &visitor, fields).await {
        Ok(()) if visitor.is_htmx => Ok(fragment(form("", None, Some(Notice::TestSent)))),
        Ok(()) => {
            let mut response = visitor.lead_to(ADMIN_MAIL);
            notice::put(&[Notice::TestSent], &mut response, &house.site);
            Ok(response)
        }
        Err(problem) if belongs_in_form(&problem) && is_of_form(&problem) => {
            let again = || form(&entered, Some(&problem), None);
            let card = || {
                html! {
                    section.card.broad {
                        (tabs(ADMIN_MAIL))
                        h1 { "Emails" }
                        (again())
                        p { a href=(ADMIN_MAIL) { "Show the emails" } }
                    }
                }
            };
            Ok(form_again(&house.site, &visitor, "Emails", &problem, again, card))
        }
        Err(problem) => refused(&visitor, problem, ADMIN_MAIL),
    }
}

async fn try_send(house: &House, visitor: &Visitor, fields: Fields) -> Result<(), Problem> {
    house.gatepost.expect_recent_admin(visitor.token()).await?;
    let input: ForAddress = fields.read()?;
    let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
    Ok(house.gatepost.send_test_email(visitor.token(), &address, &visitor.client).await?)
}
