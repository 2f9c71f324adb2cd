//! The lists of accounts and the page of one, for administrators: what they show, who may see them, and that every action
//! keeps the lists exact.

mod exact;
mod lists;
mod older;
mod one;
mod paging;
mod who;

use gatepost::domain::operator::{IMPORT_STEP, ImportStep, NewAccount, Role};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::time::Timestamp;

use crate::harness::app::App;
use crate::harness::caller::{Caller, Door};

const ACCOUNTS: &str = "/admin/accounts";
const NEWEST: &str = "/admin/accounts/newest";

fn address(email: &str) -> EmailAddress {
    EmailAddress::parse(email).unwrap()
}

/// A member's account to import, confirmed at this time.
fn row(email: &str, confirmed_at: u64) -> NewAccount {
    let (registered_at, confirmed_at) = (Timestamp(confirmed_at), Timestamp(confirmed_at));
    let (role, disabled, password) = (Role::Member, false, None);
    NewAccount { address: address(email), registered_at, confirmed_at, role, disabled, password }
}

async fn import(app: &App, rows: &[NewAccount]) {
    for rows in rows.chunks(IMPORT_STEP) {
        // In doubt, they are there or can be imported again.
        while app.house.gatepost.import_accounts(rows, ImportStep::Last, &Client::server()).await.is_err() {}
    }
}

/// A page of a list: the addresses, and the `after` of the next one.
async fn page(caller: &mut Caller, list: &str, query: &str) -> (Vec<String>, Option<String>) {
    let reply = caller.opened(&format!("{list}?{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.body);
    if caller.door == Door::Json {
        let json = reply.json();
        let emails = json["accounts"].as_array().unwrap().iter();
        let emails = emails.map(|it| it["email"].as_str().unwrap().to_owned()).collect();
        return (emails, json["next"].as_str().map(str::to_owned));
    }
    let rows = reply.body.split("<h2><a href=\"/admin/accounts/").skip(1);
    let emails = rows.map(|row| between(row, "<bdi>", "</bdi>").to_owned()).collect();
    let next = reply.body.contains("Next accounts").then(|| between(&reply.body, "after=", "\"").to_owned());
    (emails, next)
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{from} is not in {text}"));
    rest.split_once(to).unwrap().0
}

/// All addresses of a list, page by page.
async fn all(caller: &mut Caller, list: &str, query: &str) -> Vec<String> {
    let (mut listed, mut next) = page(caller, list, query).await;
    while let Some(after) = next {
        let (more, rest) = page(caller, list, &format!("{query}&after={after}")).await;
        listed.extend(more);
        next = rest;
    }
    listed
}
