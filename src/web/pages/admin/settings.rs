//! The settings of the server. They are changed on the server; secrets are not shown.

use maud::{Markup, html};

use super::super::answer::Answer;
use super::super::layout::page;
use super::super::visitor::Visitor;
use super::entrance::{place, refused};
use super::frame::tabs;
use super::outside::outside;
use crate::path::ADMIN_SETTINGS;
use crate::web::house::House;
use crate::web::settings::{Setting, Source};

/// All settings.
pub(in crate::web::pages) async fn settings(house: House, visitor: Visitor) -> Answer {
    if let Err(error) = house.gatepost.expect_admin(visitor.token()).await {
        return refused(&visitor, error.into(), &place(&visitor));
    }
    let content = html! {
        section.card.broad {
            (tabs(ADMIN_SETTINGS))
            h1 { "Settings" }
            p.lead { "The settings of this server as it uses them. They are changed on the server, in its configuration." }
            dl.settings {
                @for setting in &house.site.settings { (row(setting)) }
            }
        }
    };
    Ok(page(&house.site, &visitor, "Settings", &content))
}

fn row(setting: &Setting) -> Markup {
    html! {
        dt { code { (setting.key) } }
        dd {
            @match setting.value.as_deref() {
                _ if setting.is_secret => {
                    @if setting.source == Source::Default { "Not set" } @else { "Set, and not shown" }
                }
                None | Some("") => "Empty",
                Some(value) => (outside(value)),
            }
            " " span.hint { "(" (in_words(setting.source)) ")" }
        }
    }
}

fn in_words(source: Source) -> &'static str {
    match source {
        Source::File => "from the configuration file",
        Source::Environment => "from the environment",
        Source::Option => "from the command line",
        Source::Default => "default",
    }
}
