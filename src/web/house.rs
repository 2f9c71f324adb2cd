//! What both doors share: the domain, the site they serve, and which door a request came through.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::ArcSwap;
use poem::{Endpoint, Request};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::domain::Gatepost;
use crate::domain::ports::Mailbox;
use crate::domain::record::next::Place;
use crate::domain::record::registration::RegistrationMode;
use crate::path::{API, Origin};
use crate::web::repeats::Repeats;
use crate::web::report::Surveyor;
use crate::web::settings::Setting;

/// The target of log lines that anyone can cause with any request, as often as they like. When the log cannot keep
/// up, these are left out; a line about an event or a failure never is.
pub const OF_REQUESTS: &str = "gatepost::request";

/// What both doors need to answer. Every request is given a clone, so cloning it copies one pointer. Its parts are
/// shared by all threads: cloning each would count them all up and down, and lock the token each time.
#[derive(Clone)]
pub struct House(Arc<Household>);

impl House {
    /// A house with these parts.
    #[must_use]
    pub fn new(parts: Household) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for House {
    type Target = Household;

    fn deref(&self) -> &Household {
        &self.0
    }
}

/// The house as the next request finds it. Each request keeps the one that it found, to its end.
#[derive(Clone)]
pub struct CurrentHouse(Arc<ArcSwap<Household>>);

impl CurrentHouse {
    /// Begins with this house.
    #[must_use]
    pub fn new(House(parts): House) -> Self {
        Self(Arc::new(ArcSwap::new(parts)))
    }

    /// The house as it is now.
    #[must_use]
    pub fn now(&self) -> House {
        House(self.0.load_full())
    }

    /// From now on, requests find this site.
    pub fn change_site(&self, site: Site) {
        let parts = Household { site: Arc::new(site), ..Household::clone(&self.now()) };
        self.0.store(Arc::new(parts));
    }

    /// An endpoint that is given the house with each request.
    pub(super) fn serve<E: Endpoint>(&self, endpoint: E) -> InHouse<E> {
        InHouse { endpoint, house: self.clone() }
    }
}

/// An endpoint and the house it works in.
pub(super) struct InHouse<E> {
    endpoint: E,
    house: CurrentHouse,
}

impl<E: Endpoint> Endpoint for InHouse<E> {
    type Output = E::Output;

    async fn call(&self, mut request: Request) -> poem::Result<E::Output> {
        request.extensions_mut().insert(self.house.now());
        self.endpoint.call(request).await
    }
}

/// The parts of a [`House`].
#[derive(Clone)]
pub struct Household {
    /// Carries out every action.
    pub gatepost: Arc<Gatepost>,
    /// The emails to show, if the transport is the mailbox.
    pub mailbox: Option<Arc<dyn Mailbox>>,
    /// The settings that every page needs.
    pub site: Arc<Site>,
    /// The forms that were sent last.
    pub repeats: Arc<Repeats>,
    /// Looks at the machine, for administrators.
    pub surveyor: Arc<dyn Surveyor>,
    /// Cancelled when the server shuts down, so that no request goes on waiting for something to happen.
    pub closing: CancellationToken,
}

/// The settings that every page needs.
#[derive(Clone, Debug)]
pub struct Site {
    /// The product's name, as the operator chose it.
    pub name: String,
    /// The public address of this server.
    pub public_url: Origin,
    /// Where a sign-in without `next` leads.
    pub home: Place,
    /// Who can get an account without the operator.
    pub registration: RegistrationMode,
    /// Whether there is a mailbox page to link to.
    pub has_mailbox: bool,
    /// Who may see the metrics; without it, no one.
    pub metrics_token: Option<MetricsToken>,
    /// All settings, as administrators see them.
    pub settings: Vec<Setting>,
    /// What is dangerous about them, each in a sentence.
    pub dangers: Vec<String>,
}

/// The secret of whoever reads the metrics. Debug output shows a placeholder.
#[derive(Clone)]
pub struct MetricsToken(Zeroizing<String>);

impl MetricsToken {
    /// Enough that no one guesses it.
    const MIN_BYTES: usize = 16;

    /// A token that fits into a header. Nothing if it is too short or has other characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = text.len() >= Self::MIN_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// Its bytes, to be compared in constant time.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for MetricsToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricsToken(…)")
    }
}

/// The two ways in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// HTML, cookies, same-origin rule.
    Pages,
    /// JSON, bearer tokens, no cookies.
    Json,
}

impl Door {
    /// Which door a path belongs to.
    #[must_use]
    pub fn of(path: &str) -> Self {
        match path.strip_prefix(API) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Self::Json,
            _ => Self::Pages,
        }
    }
}
