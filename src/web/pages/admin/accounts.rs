//! The accounts of everyone: by address, by domain or state, and the newest first.

use maud::{Markup, html};

use super::super::answer::{Answer, fragment};
use super::super::layout::{moment, page};
use super::super::visitor::Visitor;
use super::entrance::{place, refused};
use super::frame::{confirm_first, may_act, tabs};
use super::invite::form;
use super::outside::outside;
use crate::domain::admin::{AccountPage, AccountRow};
use crate::domain::record::account::Account;
use crate::domain::record::account_state::{AccountState, StateList};
use crate::domain::record::registration::RegistrationMode;
use crate::path::{ADMIN_ACCOUNTS, ADMIN_MAIL, ADMIN_NEWEST, account_page};
use crate::web::house::House;
use crate::web::problem::Problem;
use crate::web::wire::{ALL, ListAccounts};

/// The accounts by address. htmx gets only what changes when someone searches.
pub(in crate::web::pages) async fn accounts(house: House, visitor: Visitor) -> Answer {
    match found(&house, &visitor).await {
        Ok((wanted, found)) if visitor.is_htmx => {
            Ok(fragment(html! { (list(&wanted, &found)) (count(&found, true)) }))
        }
        Ok((wanted, found)) => {
            let content = html! {
                section.card.broad {
                    (tabs(ADMIN_ACCOUNTS))
                    h1 { "Accounts" }
                    (orders(ADMIN_ACCOUNTS))
                    (search(&wanted))
                    (count(&found, false))
                    (list(&wanted, &found))
                    @if house.site.registration != RegistrationMode::Closed {
                        @if may_act(&house, &visitor) { (form("", None, None)) } @else { (confirm_first(ADMIN_ACCOUNTS)) }
                    }
                }
            };
            Ok(page(&house.site, &visitor, "Accounts", &content))
        }
        Err(problem) => refused(&visitor, problem, &place(&visitor)),
    }
}

async fn found(house: &House, visitor: &Visitor) -> Result<(ListAccounts, AccountPage), Problem> {
    house.gatepost.expect_admin(visitor.token()).await?;
    let wanted = ListAccounts::of(visitor.search.as_deref())?;
    let found = house.gatepost.accounts(visitor.token(), &wanted.query()?).await?;
    Ok((wanted, found))
}

/// The accounts by time.
pub(in crate::web::pages) async fn newest(house: House, visitor: Visitor) -> Answer {
    match newest_found(&house, &visitor).await {
        Ok((after, found)) => {
            let content = html! {
                section.card.broad {
                    (tabs(ADMIN_ACCOUNTS))
                    h1 { "Newest accounts" }
                    (orders(ADMIN_NEWEST))
                    (count(&found, false))
                    @if found.accounts.is_empty() && found.next.is_none() { p { "No more accounts." } }
                    (rows(&found))
                    @if let Some(next) = &found.next { (go_on(&format!("{ADMIN_NEWEST}?after={next}"))) }
                    @if after.is_some() { (back(ADMIN_NEWEST)) }
                }
            };
            Ok(page(&house.site, &visitor, "Newest accounts", &content))
        }
        Err(problem) => refused(&visitor, problem, &place(&visitor)),
    }
}

async fn newest_found(house: &House, visitor: &Visitor) -> Result<(Option<String>, AccountPage), Problem> {
    house.gatepost.expect_admin(visitor.token()).await?;
    let after = ListAccounts::of(visitor.search.as_deref())?.after();
    let found = house.gatepost.newest_accounts(visitor.token(), after.as_deref()).await?;
    Ok((after, found))
}

/// Links to the orders in which accounts can be seen.
fn orders(current: &str) -> Markup {
    html! {
        nav.tabs aria-label="Order of accounts" {
            @for (path, label) in [(ADMIN_ACCOUNTS, "By address"), (ADMIN_NEWEST, "Newest first")] {
                a href=(path) aria-current=[(path == current).then_some("page")] { (label) }
            }
        }
    }
}

fn search(wanted: &ListAccounts) -> Markup {
    let sought = wanted.q.as_deref().unwrap_or_default();
    let state = wanted.state.as_deref().filter(|state| !state.is_empty()).unwrap_or(ALL);
    let states = StateList::ALL.map(|list| (list.as_str(), list_in_words(list)));
    html! {
        form.search method="get" action=(ADMIN_ACCOUNTS) role="search" hx-get=(ADMIN_ACCOUNTS) hx-target="#accounts" hx-swap="outerHTML"
            hx-push-url="true" hx-trigger="submit, input delay:300ms" {
            div.field {
                label for="q" { "Email address, or its beginning" }
                input #q name="q" type="text" inputmode="email" value=(sought) autocomplete="off" autocapitalize="none"
                    spellcheck="false" maxlength="254" enterkeyhint="search" aria-describedby="q-hint" data-whole-domain;
            }
            div.field {
                label for="state" { "State" }
                select #state name="state" disabled[wanted.is_for_all()] {
                    option value=(ALL) selected[state == ALL] { "All" }
                    @for (word, label) in states { option value=(word) selected[state == word] { (label) } }
                }
            }
            button type="submit" { "Search" }
            p #q-hint.hint { "Among all accounts, @example.org finds everyone under that domain. Enter the whole domain, then search. An account ID is found, too." }
        }
    }
}

/// How many accounts the list shows. It stays in the page, so that it is read out when it changes.
fn count(found: &AccountPage, is_update: bool) -> Markup {
    let count = found.accounts.len();
    let noun = if count == 1 { "account" } else { "accounts" };
    let more = if found.next.is_some() { ", and more" } else { "" };
    html! {
        p #count.hint role="status" hx-swap-oob=[is_update.then_some("true")] { (count) " " (noun) (more) }
    }
}

/// The rows, and where the list goes on.
fn list(wanted: &ListAccounts, found: &AccountPage) -> Markup {
    html! {
        div #accounts {
            @if found.accounts.is_empty() && found.next.is_none() { (nothing(wanted)) }
            (rows(found))
            @if let Some(next) = &found.next {
                (go_on(&format!("{ADMIN_ACCOUNTS}?{}", wanted.in_url(Some(next)))))
            }
            @if wanted.after.is_some() { (back(&format!("{ADMIN_ACCOUNTS}?{}", wanted.in_url(None)))) }
        }
    }
}

/// Someone who can't be found may have mistyped the address, and then an email to it can.
fn nothing(wanted: &ListAccounts) -> Markup {
    let sought = wanted.q.as_deref().map(str::trim).filter(|sought| !sought.is_empty());
    html! {
        @match sought {
            Some(domain) if domain.starts_with('@') => p { "No account under " (outside(domain)) "." },
            Some(beginning) => {
                p { "No such account with an email address that begins with " (outside(beginning)) "." }
                p {
                    @let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", beginning).finish();
                    a href=(format!("{ADMIN_MAIL}?{query}")) { "Show emails to such an address" }
                }
            }
            None => p { "No such account." },
        }
        p { a href=(ADMIN_ACCOUNTS) { "Show all accounts" } }
    }
}

fn go_on(place: &str) -> Markup {
    html! { p.actions { a.button.quiet href=(place) { "Next accounts" } } }
}

fn back(place: &str) -> Markup {
    html! { p { a href=(place) { "Back to the beginning" } } }
}

fn rows(found: &AccountPage) -> Markup {
    html! { ul.emails { @for row in &found.accounts { (one(row)) } } }
}

fn one(row: &AccountRow) -> Markup {
    let account = &row.account;
    html! {
        li {
            h2 { a href=(account_page(&account.id.to_string())) { (outside(account.address.as_str())) } }
            p { (tags(account)) }
            dl {
                dt { "Last sign-in" }
                dd { @match row.last_signed_in_at { Some(at) => (moment(at)), None => "None known" } }
                dt { "Signed-in devices" } dd { (row.session_count) }
            }
        }
    }
}

/// The state of an account and, beside it, its rights.
pub(super) fn tags(account: &Account) -> Markup {
    html! {
        span.tag { (state_in_words(account.state())) }
        @if account.admin { " " span.tag { "Administrator" } }
    }
}

fn state_in_words(state: AccountState) -> &'static str {
    match state {
        AccountState::Active => "Active",
        AccountState::Invited => "Invited",
        AccountState::Disabled => "Disabled",
    }
}

fn list_in_words(list: StateList) -> &'static str {
    match list {
        StateList::Admin => "Administrators",
        StateList::Disabled => "Disabled",
        StateList::Invited => "Invited",
    }
}
