//! Inviting someone, and what is done with an invitation.

use maud::{Markup, html};

use super::super::answer::{Answer, fragment};
use super::super::form::{belongs_in_form, form_again, of};
use super::super::layout::beside;
use super::super::notice::{self, Notice};
use super::super::visitor::Visitor;
use super::entrance::refused;
use super::frame::tabs;
use super::outside::plain;
use crate::domain::admin::AccountRow;
use crate::domain::error::Error;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::AccountId;
use crate::path::{ADMIN_ACCOUNTS, ADMIN_INVITE, account_page, invite_again, withdraw_invitation};
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire::{Fields, ForAddress};

/// The form, with what was entered and what came of it.
pub(super) fn form(entered: &str, problem: Option<&Problem>, done: Option<Notice>) -> Markup {
    let beside_field = of(problem, "email");
    html! {
        form #invite method="post" action=(ADMIN_INVITE) hx-post=(ADMIN_INVITE) hx-target="#invite" hx-swap="outerHTML" {
            @let has_answer = problem.is_some() || done.is_some();
            h2 tabindex=[has_answer.then_some("-1")] autofocus[has_answer && beside_field.is_none()] { "Invite someone" }
            @if let Some(notice) = done { p.notice role="status" { (notice.sentence()) } }
            @if let Some(problem) = problem.filter(|_| beside_field.is_none()) {
                p.error role="alert" { (problem.detail) }
            }
            div.field {
                label for="invite-email" { "Email address" }
                // It is someone else's, so the browser must not fill in the administrator's own.
                input #invite-email name="email" type="email" value=(entered) required autocomplete="off"
                    autocapitalize="none" spellcheck="false" maxlength="254" enterkeyhint="go"
                    aria-invalid=[beside_field.map(|_| "true")]
                    aria-describedby=[beside_field.map(|_| "invite-email-error")] autofocus[beside_field.is_some()];
                (beside("invite-email-error", beside_field))
            }
            p.hint { "The email says where to sign in. The first sign-in confirms the account." }
            button type="submit" formnovalidate { "Invite" }
        }
    }
}

/// What can be done with the invitation to an account, until its person has signed in.
pub(super) fn invitation(id: &str, email: &str, done: Option<Notice>) -> Markup {
    let email = plain(email);
    let form = |path: String, label: &str| {
        html! {
            form method="post" action=(path) hx-post=(path) hx-target="#invitation" hx-swap="outerHTML" {
                // A screen reader may list buttons without what is around them.
                button.quiet type="submit" aria-label=(format!("{label}: {email}")) { (label) }
            }
        }
    };
    html! {
        section #invitation {
            h2 tabindex=[done.map(|_| "-1")] autofocus[done.is_some()] { "Invitation" }
            @if let Some(notice) = done { p.notice role="status" { (notice.sentence()) } }
            div.row {
                (form(invite_again(id), "Invite again"))
                (form(withdraw_invitation(id), "Withdraw invitation"))
            }
        }
    }
}

/// Invites someone.
pub(in crate::web::pages) async fn invite(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let entered = fields.typed("email").to_owned();
    match try_invite(&house, &visitor, fields).await {
        Ok(()) if visitor.is_htmx => Ok(fragment(form("", None, Some(Notice::PersonInvited)))),
        Ok(()) => {
            let mut response = visitor.lead_to(ADMIN_ACCOUNTS);
            notice::put(&[Notice::PersonInvited], &mut response, &house.site);
            Ok(response)
        }
        Err(problem) if belongs_in_form(&problem) && is_of_form(&problem) => {
            let again = || form(&entered, Some(&problem), None);
            let card = || {
                html! { section.card.broad { (tabs(ADMIN_ACCOUNTS)) h1 { "Accounts" } (again()) } }
            };
            Ok(form_again(&house.site, &visitor, "Accounts", &problem, again, card))
        }
        Err(problem) => refused(&visitor, problem, ADMIN_ACCOUNTS),
    }
}

async fn try_invite(house: &House, visitor: &Visitor, fields: Fields) -> Result<(), Problem> {
    // Whether someone may act comes first, so that no one else learns what is wrong with the form.
    house.gatepost.expect_recent_admin(visitor.token()).await?;
    let input: ForAddress = fields.read()?;
    let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
    house.gatepost.invite(visitor.token(), &address, &visitor.client).await?;
    Ok(())
}

/// Whether a refusal is about what was entered, and not about who entered it.
pub(super) fn is_of_form(problem: &Problem) -> bool {
    !matches!(problem.code, Code::SignInRequired | Code::AdminRequired | Code::RecentSignInRequired)
}

/// Sends an invitation again.
pub(in crate::web::pages) async fn again(house: House, visitor: Visitor, _: Fields) -> Answer {
    let page = account_page(&visitor.part);
    match try_again(&house, &visitor).await {
        Ok(row) if visitor.is_htmx => {
            let (id, done) = (row.account.id.to_string(), Some(Notice::PersonInvited));
            Ok(fragment(invitation(&id, row.account.address.as_str(), done)))
        }
        Ok(_) => {
            let mut response = visitor.lead_to(&page);
            notice::put(&[Notice::PersonInvited], &mut response, &house.site);
            Ok(response)
        }
        Err(problem) => refused(&visitor, problem, &page),
    }
}

async fn try_again(house: &House, visitor: &Visitor) -> Result<AccountRow, Problem> {
    let id = meant(house, visitor).await?;
    Ok(house.gatepost.invite_again(visitor.token(), id, &visitor.client).await?)
}

/// Withdraws an invitation. There is no account then, so this leads to the list.
pub(in crate::web::pages) async fn withdraw(house: House, visitor: Visitor, _: Fields) -> Answer {
    match try_withdraw(&house, &visitor).await {
        Ok(()) => {
            let mut response = visitor.lead_to(ADMIN_ACCOUNTS);
            notice::put(&[Notice::InvitationWithdrawn], &mut response, &house.site);
            Ok(response)
        }
        Err(problem) => refused(&visitor, problem, &account_page(&visitor.part)),
    }
}

async fn try_withdraw(house: &House, visitor: &Visitor) -> Result<(), Problem> {
    let id = meant(house, visitor).await?;
    Ok(house.gatepost.withdraw_invitation(visitor.token(), id, &visitor.client).await?)
}

/// The account that a form is about.
async fn meant(house: &House, visitor: &Visitor) -> Result<AccountId, Problem> {
    house.gatepost.expect_recent_admin(visitor.token()).await?;
    Ok(AccountId::parse(&visitor.part).ok_or(Error::Over)?)
}
