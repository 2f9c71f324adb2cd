//! The doors: HTML for people, JSON for programs.
//!
//! | part | what it owns |
//! | --- | --- |
//! | `house` | what both doors share: the domain, the site, and which door a path belongs to |
//! | `wire` | every input, defined once for both doors |
//! | `problem` | every refusal: status, code, sentence |
//! | `repeats` | a form that a browser sends twice is done once |
//! | `edge` | protects the socket: every request passes through it before a door sees it |
//! | `pages` | the door for people |
//! | `api` | the door for programs |
//! | `direct` | whether a request came through a proxy |
//! | `forward_auth`, `health`, `metrics` | answers for proxies, supervisors and monitoring |
//! | `starting` | what is answered while the store is opened |
//!
//! Both doors read each input with `wire`, call the same method of the domain, and refuse with `problem`.
//! Anything in which they could differ belongs in one of these three.

pub mod api;
pub mod direct;
pub mod edge;
mod forward_auth;
mod health;
mod house;
mod metrics;
pub mod pages;
pub mod problem;
mod repeats;
mod starting;
pub mod wire;

use std::sync::Arc;

use poem::http::Method;
use poem::{Endpoint, EndpointExt, Response};

use self::edge::{Draw, EdgeSettings, Refusal, Routes, guard};
pub use self::house::{Door, House, Household, MetricsToken, OF_REQUESTS, Site};
pub use self::repeats::{Form, Repeats};
pub use self::starting::starting;
use crate::domain::ports::World;
use crate::path::{FORWARD_AUTH, HEALTHZ, METRICS, READYZ};

/// Every path of this server with its methods. `{part}` matches any one segment, and `HEAD` is allowed wherever
/// `GET` is.
#[must_use]
pub fn methods(house: &House) -> Vec<(String, Vec<Method>)> {
    routes(house).methods()
}

/// Both doors behind their guard: everything that a connection can reach.
#[must_use]
pub fn doors(house: &House, edge: EdgeSettings, world: World) -> impl Endpoint<Output = Response> + use<> {
    guard(routes(house), edge, world, draw_refusals(Arc::clone(&house.site)))
}

fn routes(house: &House) -> Routes {
    pages::routes(house)
        .and(api::routes(house))
        .at(HEALTHZ, Method::GET, health::live)
        .at(READYZ, Method::GET, health::ready.data(house.clone()))
        .at(METRICS, Method::GET, metrics::metrics.data(house.clone()))
        .at(FORWARD_AUTH, Method::GET, forward_auth::answer.data(house.clone()))
}

/// Draws refusals, each for the door that its request came through.
#[must_use]
pub fn draw_refusals(site: Arc<Site>) -> impl Draw {
    move |refusal: &Refusal<'_>| match refusal.door {
        Door::Pages => pages::problem::draw(refusal, &site),
        Door::Json => api::problem::draw(refusal.problem, refusal.request_id),
    }
}
