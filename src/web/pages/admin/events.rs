//! What has happened.

use std::net::IpAddr;

use maud::{Markup, html};
use poem::Response;

use super::super::answer::{Answer, fragment};
use super::super::layout::{moment, page};
use super::super::visitor::Visitor;
use super::entrance::{place, refused};
use super::frame::tabs;
use super::outside::outside;
use crate::domain::admin::{EventPage, Named, SeenEvent};
use crate::domain::record::client::Doer;
use crate::domain::record::event::{Means, NAMES};
use crate::path::{ADMIN_EVENTS, account_page};
use crate::web::house::House;
use crate::web::ip;
use crate::web::problem::Problem;
use crate::web::wire::ListEvents;

/// The list. htmx gets only what changes when someone searches.
pub(in crate::web::pages) async fn list(house: House, visitor: Visitor) -> Answer {
    match shown(&house, &visitor).await {
        Ok(response) => Ok(response),
        Err(problem) => refused(&visitor, problem, &place(&visitor)),
    }
}

async fn shown(house: &House, visitor: &Visitor) -> Result<Response, Problem> {
    house.gatepost.expect_admin(visitor.token()).await?;
    let wanted = ListEvents::of(visitor.search.as_deref())?;
    let found = house.gatepost.events(visitor.token(), &wanted.query()?).await?;
    if visitor.is_htmx {
        return Ok(fragment(html! { (rows(&wanted, &found)) (count(&found, true)) }));
    }
    let content = html! {
        section.card.broad {
            (tabs(ADMIN_EVENTS))
            h1 { "Events" }
            p.lead { "What has happened, the newest first. Refusals are counted by the hour. Times are in UTC." }
            (search(&wanted))
            (count(&found, false))
            (rows(&wanted, &found))
        }
    };
    Ok(page(&house.site, visitor, "Events", &content))
}

fn search(wanted: &ListEvents) -> Markup {
    let name = wanted.name.as_deref().unwrap_or_default();
    let field = |id: &str, label: &str, value: &Option<String>, kind: &str| {
        html! {
            div.field {
                label for=(id) { (label) }
                input id=(id) name=(id) type=(kind) value=(value.as_deref().unwrap_or_default()) autocomplete="off"
                    autocapitalize="none" spellcheck="false" maxlength="64" enterkeyhint="search";
            }
        }
    };
    html! {
        form.search method="get" action=(ADMIN_EVENTS) role="search" hx-get=(ADMIN_EVENTS) hx-target="#events"
            hx-swap="outerHTML" hx-push-url="true" hx-trigger="submit" {
            div.field {
                label for="name" { "What" }
                select #name name="name" {
                    option value="" selected[name.is_empty()] { "Everything" }
                    @for (word, label) in NAMES { option value=(word) selected[name == word] { (label) } }
                }
            }
            (field("account", "Account id", &wanted.account, "text"))
            (field("ip", "Client address", &wanted.ip, "text"))
            (field("until", "Until (UTC)", &wanted.until, "text"))
            button type="submit" { "Search" }
        }
    }
}

/// How many the list shows. It stays in the page, so that it is read out when it changes.
fn count(found: &EventPage, is_update: bool) -> Markup {
    let count = found.events.len();
    let noun = if count == 1 { "event" } else { "events" };
    let more = if found.next.is_some() { ", and perhaps more" } else { "" };
    html! { p #count.hint role="status" hx-swap-oob=[is_update.then_some("true")] { (count) " " (noun) (more) } }
}

fn rows(wanted: &ListEvents, found: &EventPage) -> Markup {
    let here = |after: Option<&str>| format!("{ADMIN_EVENTS}?{}", wanted.in_url(after));
    html! {
        div #events {
            @if found.events.is_empty() && found.next.is_none() { p { "No such event." } }
            ul.emails { @for event in &found.events { (row(event)) } }
            @if let Some(next) = &found.next {
                @if let Some(at) = found.looked_back_to { p.hint { "Looked back to " (moment(at)) "." } }
                p.actions { a.button.quiet href=(here(Some(next))) { "Look further" } }
            }
            @if wanted.after.is_some() { p { a href=(here(None)) { "Back to the newest" } } }
        }
    }
}

fn row(event: &SeenEvent) -> Markup {
    html! {
        li {
            h2 { (event.name.sentence_of(event.count)) }
            dl {
                dt { "When" } dd {
                    (moment(event.at))
                    @if let Some(first) = event.first_at.filter(|first| *first != event.at) {
                        ", first at " (moment(first))
                    }
                }
                @if let Some(named) = &event.account { dt { "Account" } dd { (account(named)) } }
                @if let Some((ip, device)) = &event.client {
                    dt { "Client address" } dd { (client(*ip)) }
                    dt { "Device" } dd { (outside(device)) }
                }
                @if let Some(means) = event.means { dt { "With" } dd { (in_words(means)) } }
                dt { "Done by" } dd { (done_by(event)) }
            }
        }
    }
}

fn account(named: &Named) -> Markup {
    let id = named.id.to_string();
    html! {
        a href=(account_page(&id)) {
            @match &named.address {
                Some(address) => (outside(address.as_str())),
                None => (id),
            }
        }
    }
}

/// A client's address, which leads to everything that came from there.
fn client(address: IpAddr) -> Markup {
    let address = ip::text(address);
    let query: String = form_urlencoded::byte_serialize(address.as_bytes()).collect();
    html! { a href=(format!("{ADMIN_EVENTS}?ip={query}")) { (address) } }
}

fn done_by(event: &SeenEvent) -> Markup {
    html! {
        @match (event.by, &event.by_account) {
            (Doer::Person, _) => "The person",
            (Doer::Operator, _) => "The operator",
            (Doer::Server, _) => "The server",
            (Doer::Admin(_), Some(named)) => { "Administrator " (account(named)) },
            (Doer::Admin(id), None) => { "Administrator " (id) },
        }
    }
}

fn in_words(means: Means) -> &'static str {
    match means {
        Means::Link => "Link",
        Means::Code => "Code",
        Means::Password => "Password",
        Means::Session => "Session",
        Means::Command => "Command",
    }
}
