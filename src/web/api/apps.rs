//! The apps and links that a person can open.

use poem_openapi::Object;
use serde::Serialize;

use crate::domain::session::Live;
use crate::path::asset;
use crate::web::apps::Shown;
use crate::web::house::House;

/// Something that a person can open.
#[derive(Debug, Object, Serialize)]
struct App {
    /// What it is: an app that Gatepost guards, or a bookmark.
    kind: String,
    /// Its name.
    name: String,
    /// A sentence about it. Empty if there is none.
    description: String,
    /// Where it opens.
    url: String,
    /// The address of its picture.
    #[oai(nullable)]
    icon: Option<String>,
}

/// The apps and links that the person may open.
#[derive(Debug, Object, Serialize)]
pub(super) struct Apps {
    /// In the order of the configuration.
    apps: Vec<App>,
}

impl Apps {
    pub(super) fn of(house: &House, live: &Live) -> Self {
        let shown = house.site.apps.shown_to(&live.account);
        let app = |shown: Shown<'_>| App {
            kind: shown.kind.as_str().to_owned(),
            name: shown.card.name.clone(),
            description: shown.card.description.clone(),
            icon: shown.card.icon.as_ref().map(|icon| house.site.public_url.link(&asset(&icon.name))),
            url: shown.url,
        };
        Self { apps: shown.into_iter().map(app).collect() }
    }
}
