//! The cards of the apps that a person can open.

use maud::{Markup, html};

use super::visitor::Visitor;
use crate::path::asset;
use crate::web::apps::Shown;
use crate::web::house::Site;

/// What an administrator writes into the configuration to add the first one.
const FIRST: &str = "[[apps]]\nurl = \"https://wiki.example.org\"\nallow = [\"*@example.org\"]";

/// All cards for a visitor. Each is a link, so it needs no script, and nothing is handed over before it is followed.
pub(super) fn cards(site: &Site, visitor: &Visitor) -> Markup {
    let Some(live) = &visitor.signed_in else { return html! {} };
    let shown = site.apps.shown_to(&live.account);
    html! {
        section.card aria-labelledby="apps" {
            h1 #apps { "My apps" }
            @if shown.is_empty() {
                (none(live.account.admin))
            } @else {
                ul.apps {
                    @for one in &shown { li { (card(one)) } }
                }
            }
        }
    }
}

fn card(shown: &Shown<'_>) -> Markup {
    let (card, host) = (shown.card, shown.host());
    html! {
        a.app href=(shown.url) {
            @match &card.icon {
                Some(icon) => { img src=(asset(&icon.name)) alt="" width="44" height="44"; }
                None => { span.initial aria-hidden="true" { (initial(&card.name)) } }
            }
            // Spaces, so that a screen reader reads words.
            span.about {
                strong { (card.name) } " "
                @if !card.description.is_empty() { span { (card.description) } " " }
                @if card.name != host { span.host { (host) } }
            }
        }
    }
}

/// The letter in place of a picture.
fn initial(name: &str) -> String {
    name.chars().next().into_iter().flat_map(char::to_uppercase).collect()
}

fn none(is_admin: bool) -> Markup {
    html! {
        @if is_admin {
            p.lead { "No apps yet. Add these lines to config.toml with your app's address, then reload the configuration." }
            pre { code { (FIRST) } }
        } @else {
            p.lead { "No apps yet. Ask your administrator." }
        }
    }
}
