//! Registrations that are not confirmed yet.

use maud::{Markup, html};
use poem::Response;

use super::super::answer::{Answer, fragment};
use super::super::layout::{moment, page};
use super::super::notice::{self, Notice};
use super::super::visitor::Visitor;
use super::entrance::{place, refused};
use super::frame::{confirm_first, may_act, tabs};
use super::invite::is_of_form;
use super::outside::{outside, plain};
use crate::domain::admin::{PageOf, Unconfirmed};
use crate::domain::error::Error;
use crate::domain::record::address::EmailAddress;
use crate::path::{ADMIN_MAIL, ADMIN_WAITING, ADMIN_WAITING_DROP, ADMIN_WAITING_RESEND};
use crate::web::house::{Door, House};
use crate::web::problem::Problem;
use crate::web::wire::{Fields, ForAddress, ListUnconfirmed};

/// The list. htmx gets only what changes when someone searches.
pub(in crate::web::pages) async fn list(house: House, visitor: Visitor) -> Answer {
    match shown(&house, &visitor, None).await {
        Ok(response) => Ok(response),
        Err(problem) => refused(&visitor, problem, &place(&visitor)),
    }
}

/// The list that the URL asks for or, after a refusal, the whole one.
async fn shown(house: &House, visitor: &Visitor, problem: Option<&Problem>) -> Result<Response, Problem> {
    house.gatepost.expect_admin(visitor.token()).await?;
    let wanted = match problem {
        Some(_) => ListUnconfirmed::default(),
        None => ListUnconfirmed::of(visitor.search.as_deref())?,
    };
    let found = house.gatepost.unconfirmed(visitor.token(), &wanted.query()).await?;
    let may_act = may_act(house, visitor);
    if visitor.is_htmx {
        return Ok(fragment(html! { (rows(&wanted, &found, may_act)) (count(&found, true)) }));
    }
    let here = format!("{ADMIN_WAITING}?{}", wanted.in_url(None));
    let content = html! {
        section.card.broad {
            (tabs(ADMIN_WAITING))
            h1 { "Not confirmed yet" }
            p.lead { "Email addresses that were registered, and that no one has confirmed yet." }
            @if let Some(problem) = problem { p.error role="alert" { (problem.detail) } }
            @if !may_act { (confirm_first(&here)) }
            (search(&wanted))
            (count(&found, false))
            (rows(&wanted, &found, may_act))
        }
    };
    Ok(page(&house.site, visitor, "Not confirmed yet", &content))
}

fn search(wanted: &ListUnconfirmed) -> Markup {
    html! {
        form.search method="get" action=(ADMIN_WAITING) role="search" hx-get=(ADMIN_WAITING) hx-target="#registrations"
            hx-swap="outerHTML" hx-push-url="true" hx-trigger="submit, input delay:300ms" {
            div.field {
                label for="q" { "Email address, or its beginning" }
                input #q name="q" type="text" inputmode="email" value=(wanted.q.as_deref().unwrap_or_default())
                    autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="254" enterkeyhint="search";
            }
            button type="submit" { "Search" }
        }
    }
}

/// How many the list shows. It stays in the page, so that it is read out when it changes.
fn count(found: &PageOf<Unconfirmed>, is_update: bool) -> Markup {
    let count = found.rows.len();
    let noun = if count == 1 { "registration" } else { "registrations" };
    let more = if found.next.is_some() { ", and more" } else { "" };
    html! { p #count.hint role="status" hx-swap-oob=[is_update.then_some("true")] { (count) " " (noun) (more) } }
}

fn rows(wanted: &ListUnconfirmed, found: &PageOf<Unconfirmed>, may_act: bool) -> Markup {
    let here = |after: Option<&str>| format!("{ADMIN_WAITING}?{}", wanted.in_url(after));
    html! {
        div #registrations {
            @if found.rows.is_empty() && found.next.is_none() { (nothing(wanted)) }
            ul.emails { @for one in &found.rows { (row(one, wanted, may_act, None)) } }
            @if let Some(next) = &found.next {
                p.actions { a.button.quiet href=(here(Some(next))) { "Next registrations" } }
            }
            @if wanted.after.is_some() { p { a href=(here(None)) { "Back to the beginning" } } }
        }
    }
}

fn nothing(wanted: &ListUnconfirmed) -> Markup {
    html! {
        @match wanted.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
            Some(q) => {
                p { "No registration is waiting for an address that begins with " (outside(q)) "." }
                p { a href=(emails_to(q)) { "Show the emails to such addresses" } }
            },
            None => p { "No registration is waiting." },
        }
    }
}

/// What became of the emails to an address, or to those that begin with this.
fn emails_to(beginning: &str) -> String {
    let to: String = form_urlencoded::byte_serialize(beginning.as_bytes()).collect();
    format!("{ADMIN_MAIL}?to={to}")
}

/// The registrations of one address.
fn row(one: &Unconfirmed, wanted: &ListUnconfirmed, may_act: bool, done: Option<Notice>) -> Markup {
    let address = one.address.as_str();
    html! {
        li {
            // The focus goes here after a form in this row was answered.
            h2 tabindex=[done.map(|_| "-1")] autofocus[done.is_some()] { (outside(address)) }
            @if let Some(notice) = done { p.notice role="status" { (notice.sentence()) } }
            dl {
                dt { "Since" } dd { (moment(one.registered_at)) }
                dt { "Emails sent" } dd { a href=(emails_to(address)) { (one.emails) } }
                @if let Some(answer) = &one.last_answer {
                    dt { "Answer of the mail server" } dd { (outside(answer.as_str())) }
                }
            }
            @if may_act {
                div.row {
                    (form(one, wanted, ADMIN_WAITING_RESEND, "Send again"))
                    (form(one, wanted, ADMIN_WAITING_DROP, "Remove registration"))
                }
            }
        }
    }
}

fn form(one: &Unconfirmed, wanted: &ListUnconfirmed, path: &str, label: &str) -> Markup {
    html! {
        form method="post" action=(path) hx-post=(path) hx-target="closest li" hx-swap="outerHTML" {
            input type="hidden" name="email" value=(one.address.as_str());
            @if let Some(q) = &wanted.q { input type="hidden" name="q" value=(q); }
            // A screen reader may list buttons without what is around them.
            button.quiet type="submit" aria-label=(format!("{label}: {}", plain(one.address.as_str()))) { (label) }
        }
    }
}

/// Sends the email of a registration again.
pub(in crate::web::pages) async fn resend(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let list = list_of(&fields);
    let done = match meant(&house, &visitor, fields).await {
        Ok(address) => house
            .gatepost
            .resend_registration(visitor.token(), &address, &visitor.client)
            .await
            .map(|()| address)
            .map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    answered(&house, &visitor, &list, done.map(|address| (address, Notice::LetterSent))).await
}

/// Removes the registrations of an address.
pub(in crate::web::pages) async fn remove(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let list = list_of(&fields);
    let done = match meant(&house, &visitor, fields).await {
        Ok(address) => house
            .gatepost
            .drop_registrations(visitor.token(), &address, &visitor.client)
            .await
            .map(|()| address)
            .map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    answered(&house, &visitor, &list, done.map(|address| (address, Notice::RegistrationRemoved))).await
}

/// The address that a form is about. Whether someone may act comes first, so that no one else learns what there is.
async fn meant(house: &House, visitor: &Visitor, fields: Fields) -> Result<EmailAddress, Problem> {
    house.gatepost.expect_recent_admin(visitor.token()).await?;
    let input: ForAddress = fields.read()?;
    Ok(EmailAddress::parse(&input.email).map_err(Error::from)?)
}

/// The list that a form was in.
fn list_of(fields: &Fields) -> String {
    let query = ListUnconfirmed { q: Some(fields.typed("q").to_owned()), after: None }.in_url(None);
    if query.is_empty() { ADMIN_WAITING.to_owned() } else { format!("{ADMIN_WAITING}?{query}") }
}

/// The row of the address again or, without htmx, the list that it was in.
async fn answered(
    house: &House,
    visitor: &Visitor,
    list: &str,
    done: Result<(EmailAddress, Notice), Problem>,
) -> Answer {
    match done {
        Ok((address, notice)) if visitor.is_htmx => {
            let left = house.gatepost.unconfirmed_at(visitor.token(), &address).await?;
            Ok(fragment(match left {
                Some(one) => row(&one, &ListUnconfirmed::default(), true, Some(notice)),
                None => over(&address, notice),
            }))
        }
        Ok((_, notice)) => {
            let mut response = visitor.lead_to(list);
            notice::put(&[notice], &mut response, &house.site);
            Ok(response)
        }
        // htmx shows it above the list, which stays as it is.
        Err(problem) if is_of_form(&problem) && !visitor.is_htmx && !problem.status().is_server_error() => {
            let mut response = shown(house, visitor, Some(&problem)).await?;
            problem.put_headers(&mut response, Door::Pages);
            Ok(response)
        }
        Err(problem) => refused(visitor, problem, ADMIN_WAITING),
    }
}

/// In place of a row of which nothing is left.
fn over(address: &EmailAddress, notice: Notice) -> Markup {
    html! {
        li {
            h2 tabindex="-1" autofocus { (outside(address.as_str())) }
            p.notice role="status" { (notice.sentence()) }
        }
    }
}
