//! The doors. `edge` guards the socket, `pages` speak HTML to people, `api` speaks JSON to programs.
//!
//! Both doors read each input by `wire`, call the same act of the domain, and refuse by `problem`.
//! What could differ between them belongs into one of those three.

pub mod api;
pub mod direct;
pub mod edge;
mod forward_auth;
mod health;
pub mod pages;
pub mod problem;
pub mod wire;

use std::sync::Arc;

use poem::http::Method;
use poem::{Endpoint, EndpointExt, Response, get};

use self::edge::{EdgeSettings, Routes, guard};
use crate::domain::Gatepost;
use crate::domain::next::Next;
use crate::domain::ports::{Mailbox, World};
use crate::path::{API, FORWARD_AUTH, HEALTHZ, Origin, READYZ};

/// What both doors need to answer.
#[derive(Clone)]
pub struct House {
    /// Every act.
    pub gatepost: Arc<Gatepost>,
    /// The letters to show, with the mailbox transport.
    pub mailbox: Option<Arc<dyn Mailbox>>,
    /// What every page knows.
    pub site: Arc<Site>,
}

/// What every page knows of the place it stands in.
#[derive(Clone, Debug)]
pub struct Site {
    /// The product's name, as the operator chose it.
    pub name: String,
    /// Where this server is reached.
    pub public_url: Origin,
    /// Where a sign-in without `next` leads.
    pub home: Next,
    /// Whether somebody new can register.
    pub registration: bool,
    /// Whether the mailbox page is there to be linked to.
    pub has_mailbox: bool,
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

/// Both doors behind their guard: all that a connection is served.
#[must_use]
pub fn doors(house: &House, edge: EdgeSettings, world: World) -> impl Endpoint<Output = Response> + use<> {
    let asked = [HEALTHZ, READYZ, FORWARD_AUTH].map(|path| (path.to_owned(), vec![Method::GET]));
    let paths = pages::methods(house).into_iter().chain(api::paths()).chain(asked);
    let routes = paths.fold(Routes::new(), |routes, (pattern, methods)| routes.at(pattern, &methods));
    let doors = pages::routes(house)
        .at(HEALTHZ, get(health::live))
        .at(READYZ, get(health::ready).data(house.clone()))
        .at(FORWARD_AUTH, get(forward_auth::answer).data(house.clone()));
    let doors = api::add(doors, house);
    guard(doors, edge, routes, world, Arc::clone(&house.site))
}
