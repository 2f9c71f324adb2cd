//! The apps and links that one person sees.

use url::Url;

use super::{Apps, Card, Icon};
use crate::domain::record::account::Account;

/// One of them, as it is shown.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// What it is.
    pub kind: ShownKind,
    /// Its name, description and picture.
    pub card: &'a Card,
    /// Where it opens.
    pub url: String,
}

/// What can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownKind {
    /// An app that we guard.
    App,
    /// A bookmark, which we don't.
    Link,
}

impl ShownKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::App, Self::Link];

    /// Its name for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Link => "link",
        }
    }
}

impl Shown<'_> {
    /// The host that it opens at, for people.
    #[must_use]
    pub fn host(&self) -> String {
        Url::parse(&self.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl Apps {
    /// The apps and links that an account may open, in the order of the configuration. No one learns which others
    /// there are.
    #[must_use]
    pub fn shown_to(&self, account: &Account) -> Vec<Shown<'_>> {
        let apps = self.each().map(|app| {
            let url = app.url.link(&app.card.start);
            (&app.admission, Shown { kind: ShownKind::App, card: &app.card, url })
        });
        let links = self.links().iter().map(|link| {
            (&link.admission, Shown { kind: ShownKind::Link, card: &link.card, url: link.url.clone() })
        });
        let all = apps.chain(links).filter(|(_, shown)| shown.card.is_listed);
        all.filter(|(admission, _)| admission.admits(account)).map(|(_, shown)| shown).collect()
    }

    /// The picture with this name. Anyone may see it: a name can't be guessed without knowing the picture.
    #[must_use]
    pub fn icon(&self, name: &str) -> Option<&Icon> {
        let cards = self.each().map(|app| &app.card).chain(self.links().iter().map(|link| &link.card));
        cards.filter_map(|card| card.icon.as_ref()).find(|icon| icon.name == name)
    }
}
