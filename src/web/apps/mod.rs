//! The apps on other hosts that a proxy guards with our help, as they are configured.
//!
//! - `headers`: the names under which an app is given who someone is
//! - `icon`: the picture of an app

mod headers;
mod icon;

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use poem::http::header::HeaderName;

pub use self::headers::{DEFAULTS, Identity, Mapped, MappedHeaders};
pub use self::icon::{Icon, IconKind};
use crate::domain::record::front::{Admission, Allow, PublicPath};
use crate::path::Origin;

/// One app. One host is one trust: apps below paths of one host share one cookie and one rule.
#[derive(Clone, Debug)]
pub struct App {
    /// Where it is.
    pub url: Origin,
    /// Who may open it.
    pub admission: Admission,
    /// What anyone may open.
    pub public: Vec<PublicPath>,
    /// Whether the question of a browser passes that asks what another site's page may do (CORS).
    pub preflight: bool,
    /// Further names under which it is given who someone is.
    pub headers: MappedHeaders,
    /// Other origins whose pages may act there with someone's cookie.
    pub cross_site: CrossSite,
    /// Whether it can be opened with the key of a person.
    pub keys: Keys,
    /// Whether such a key may be made without an end.
    pub keys_forever: bool,
    /// How it is shown to people.
    pub card: Card,
}

/// Whose pages may act at an app with someone's cookie, besides its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CrossSite {
    /// Those of any origin.
    Any,
    /// Those of these origins.
    Only(Vec<String>),
}

/// Where the key of a person is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Nowhere.
    Off,
    /// In a header of our own.
    Header,
    /// There, and as the password of HTTP Basic.
    Basic,
}

/// How an app or a link is shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its name.
    pub name: String,
    /// A sentence about it.
    pub description: String,
    /// Its picture.
    pub icon: Option<Icon>,
    /// Where it opens: a path of the app.
    pub start: String,
    /// Whether it is shown at all.
    pub is_listed: bool,
}

/// A bookmark, which we do not guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub url: String,
    /// Who sees it.
    pub admission: Admission,
    /// How it is shown.
    pub card: Card,
}

impl App {
    /// Its host, without a port: the name in its cookie, its tickets and its tokens.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host()
    }
}

/// All apps and links, in the order of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Apps {
    all: Vec<Arc<App>>,
    links: Vec<Link>,
    /// Each app under the names that a `Host` can have for it, in lower case.
    by_name: HashMap<String, Arc<App>>,
}

impl Apps {
    /// These apps and links.
    #[must_use]
    pub fn new(apps: Vec<App>, links: Vec<Link>) -> Self {
        let all: Vec<Arc<App>> = apps.into_iter().map(Arc::new).collect();
        let names = |app: &Arc<App>| {
            let (url, app) = (&app.url, Arc::clone(app));
            let with_port = format!("{}:{}", url.host(), url.port());
            let default_port = format!("{}:{}", url.host(), url.scheme().default_port());
            let names = [url.host().to_owned(), with_port, default_port];
            names.map(|name| (name.to_ascii_lowercase(), Arc::clone(&app)))
        };
        let by_name = all.iter().flat_map(names).collect();
        Self { all, links, by_name }
    }

    /// The app at a host, as a client wrote it: the name of the app regardless of letter case, with no port, or with
    /// the app's, or with that of its scheme. A final dot or an empty port is another name: what is judged as one app
    /// could be sent to another.
    #[must_use]
    pub fn at(&self, host: &[u8]) -> Option<&Arc<App>> {
        let host = std::str::from_utf8(host).ok()?;
        self.by_name.get(&host.to_ascii_lowercase())
    }

    /// The app with this name, without a port.
    #[must_use]
    pub fn named(&self, host: &str) -> Option<&Arc<App>> {
        self.all.iter().find(|app| app.host().eq_ignore_ascii_case(host))
    }

    /// All apps.
    pub fn each(&self) -> impl Iterator<Item = &App> {
        self.all.iter().map(|app| &**app)
    }

    /// All links.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The names of all headers that any app is given.
    pub fn header_names(&self) -> impl Iterator<Item = &HeaderName> {
        DEFAULTS.iter().chain(self.all.iter().flat_map(|app| app.headers.names()))
    }

    /// Those with `*` in their list, by their hosts.
    pub fn open_to_all(&self) -> impl Iterator<Item = &str> {
        self.each().filter(|app| app.admission.allow.contains(&Allow::Everyone)).map(App::host)
    }

    /// Everything about them that decides, as text, to be compared with that of another node.
    #[must_use]
    pub fn text(&self) -> String {
        let text = |app: &App| {
            let allow: Vec<String> = app.admission.allow.iter().map(ToString::to_string).collect();
            let groups = app.admission.groups.text();
            format!("{app:?} {} {groups}\n", allow.join(","))
        };
        self.each().map(text).collect()
    }
}

/// Apps that can be exchanged while requests are answered. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct SharedApps(Arc<ArcSwap<Apps>>);

impl From<Arc<Apps>> for SharedApps {
    fn from(apps: Arc<Apps>) -> Self {
        Self(Arc::new(ArcSwap::new(apps)))
    }
}

impl SharedApps {
    /// From now on, these are the apps.
    pub fn replace(&self, apps: Arc<Apps>) {
        self.0.store(apps);
    }

    /// The apps as they are now.
    #[must_use]
    pub fn now(&self) -> Arc<Apps> {
        self.0.load_full()
    }
}
