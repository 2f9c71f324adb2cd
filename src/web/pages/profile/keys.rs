//! Keys for programs: their row on the account page, and the page of one.

use maud::{Markup, html};

use super::super::answer::Answer;
use super::super::arrival;
use super::super::form::of;
use super::super::layout::{beside, in_words, moment, on, page};
use super::super::own::hidden_account;
use super::super::visitor::Visitor;
use super::sections::{SWAP, done, refused};
use super::view::{Section, Told, View};
use crate::domain::error::Error;
use crate::domain::record::app_key::AppKey;
use crate::domain::record::ids::{AccountId, AppKeyId};
use crate::domain::token::AppKeySecret;
use crate::path::{PROFILE, PROFILE_KEYS, key_end, key_page};
use crate::web::app_keys::{not_ended, offered};
use crate::web::apps::{App, Keys};
use crate::web::house::House;
use crate::web::problem::Problem;
use crate::web::wire::{LIFETIMES, NEVER};

/// All keys, and the form that makes one. Nothing where there are neither keys nor an app that takes them.
pub(super) fn keys(house: &House, view: &View, told: &Told<'_>) -> Markup {
    let apps: Vec<&App> = offered(&house.site, &view.live.account).collect();
    let problem = told.refused(Section::Keys);
    if apps.is_empty() && view.keys.is_empty() && problem.is_none() && told.done(Section::Keys).is_none() {
        return html! {};
    }
    html! {
        section.subject #keys {
            h2 { "Keys for programs" }
            div.subject-body {
                p.hint { "With a key, a program opens one app as you. It can't sign in here. Changing your password, or signing out all other devices, ends your keys." }
                (done(told, Section::Keys))
                @if view.keys.is_empty() { p.value { "You have no keys." } }
                @else {
                    ul.devices { @for key in &view.keys { (row(key, &end(key))) } }
                }
                @if view.is_recent && !apps.is_empty() {
                    details.change #make-key open[problem.is_some()] {
                        summary { "Make a key" }
                        (refused(problem))
                        (form(view.live.account.id, &apps, told.entered_in(Section::Keys), problem))
                    }
                } @else {
                    (refused(problem))
                }
            }
        }
    }
}

fn form(account: AccountId, apps: &[&App], entered: &str, problem: Option<&Problem>) -> Markup {
    let (name, expires) = (of(problem, "name"), of(problem, "expires"));
    let may_be_endless = apps.iter().any(|app| app.keys_forever);
    html! {
        form method="post" action=(PROFILE_KEYS) hx-post=(PROFILE_KEYS) hx-target="#profile" hx-swap=(SWAP) {
            (hidden_account(account))
            div.field {
                label for="key-name" { "Name" }
                input #key-name name="name" type="text" required value=(entered) maxlength="64" autocomplete="off"
                    placeholder="Calendar on my phone" aria-invalid=[name.map(|_| "true")]
                    aria-describedby=[name.map(|_| "key-name-error")] autofocus[name.is_some()];
                (beside("key-name-error", name))
            }
            div.field {
                label for="key-app" { "App" }
                select #key-app name="app" {
                    @for app in apps { option value=(app.host()) { (app.card.name) } }
                }
            }
            div.field {
                label for="key-expires" { "Ends" }
                select #key-expires name="expires" aria-invalid=[expires.map(|_| "true")]
                    aria-describedby=[expires.map(|_| "key-expires-error")] {
                    @for (word, label) in LIFETIMES.iter().filter(|(word, _)| *word != NEVER || may_be_endless) {
                        option value=(word) selected[*word == "90d"] { (label) }
                    }
                }
                (beside("key-expires-error", expires))
            }
            p.hint { "We'll confirm it by email. You can end a key at any time." }
            button #make type="submit" { "Make key" }
        }
    }
}

fn row(key: &AppKey, beside: &Markup) -> Markup {
    html! {
        li {
            div {
                strong { a href=(key_page(&key.id.to_string())) { bdi { (key.name) } } }
                p.hint { "For " (key.host) ". " (facts(key)) }
            }
            (beside)
        }
    }
}

/// When it was made, was used and ends.
fn facts(key: &AppKey) -> Markup {
    html! {
        "Made " (on(key.made_at)) ". "
        @match key.last_use {
            Some(last) => { "Last used " (moment(last.at)) " from " (last.ip) ". " }
            None => { "Not used yet. " }
        }
        @match key.expires_at {
            Some(end) => { "Ends " (on(end)) "." }
            None => { "It has no end." }
        }
    }
}

fn end(key: &AppKey) -> Markup {
    let id = key.id.to_string();
    let path = key_end(&id);
    // A screen reader may list buttons without what is around them.
    let label = format!("End the key {}, made on {}", key.name, in_words(key.made_at));
    html! {
        form method="post" action=(path) hx-post=(path) hx-target="#profile" hx-swap=(SWAP) {
            (hidden_account(key.account))
            button.quiet id=(format!("end-{id}")) type="submit" aria-label=(label) { "End" }
        }
    }
}

/// The page of one key: with the key itself, for the session that made it a few minutes ago.
pub(in crate::web::pages) async fn show_key(house: House, visitor: Visitor) -> Answer {
    let Some(live) = visitor.signed_in.clone() else {
        return Ok(arrival::first(&visitor, Some(PROFILE)));
    };
    let id = AppKeyId::parse(&visitor.part).ok_or(Error::NotFound).map_err(not_ended)?;
    let (key, secret) = house.gatepost.app_key(&live, id).await.map_err(not_ended)?;
    let takes_basic = house.site.apps.named(&key.host).is_some_and(|app| app.keys == Keys::Basic);
    let content = html! {
        section.card.account {
            h1 { "Key " bdi { (key.name) } }
            @if let Some(secret) = &secret { (itself(secret, &key, takes_basic)) }
            ul.devices {
                li {
                    div { strong { bdi { (key.name) } } p.hint { "For " (key.host) ". " (facts(&key)) } }
                    (end_here(&key))
                }
            }
            p { a href=(PROFILE) { "Your account" } }
        }
    };
    Ok(page(&house.site, &visitor, "Key for a program", &content))
}

/// The key in a field, and how to use it.
fn itself(secret: &AppKeySecret, key: &AppKey, takes_basic: bool) -> Markup {
    html! {
        div.field {
            label for="key" { "Your key" }
            input #key type="text" value=(secret.as_str()) readonly autocomplete="off" spellcheck="false"
                aria-describedby="key-hint";
            p.hint #key-hint {
                "Copy it now: it is shown here for ten minutes, and never again. Anyone who has it can open "
                (key.host) " as you until it ends."
            }
        }
        @if takes_basic {
            p { "Enter it as the password in the program, with any user name. Or have the program send it with each "
                "request, in the header " code { "Gatepost-Key" } "." }
        } @else {
            p { "Have the program send it with each request to " (key.host) ", in the header " code { "Gatepost-Key" } "." }
        }
    }
}

/// Without htmx: it leads to another page.
fn end_here(key: &AppKey) -> Markup {
    html! {
        form method="post" action=(key_end(&key.id.to_string())) {
            (hidden_account(key.account))
            button.quiet type="submit" { "End" }
        }
    }
}
