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
//! | `settings` | the settings of the server, as administrators see them |
//! | `per_site` | what is drawn once, until the site changes |
//! | `direct` | whether a request came through a proxy |
//! | `forward_auth`, `health`, `metrics` | answers for proxies, supervisors and monitoring |
//! | `surroundings` | the nodes that share the database, for those who may see details |
//! | `report`, `survey` | the machine and its settings, as administrators see them |
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
mod ip;
mod metrics;
pub mod pages;
mod per_site;
pub mod problem;
mod repeats;
mod report;
mod settings;
mod starting;
pub mod surroundings;
mod survey;
pub mod wire;

use std::sync::Arc;

use poem::endpoint::make;
use poem::http::Method;
use poem::{Endpoint, Request, Response};

use self::edge::{Draw, EdgeSettings, Refusal, Routes, guard};
pub use self::house::{CurrentHouse, Door, House, Household, MetricsToken, OF_REQUESTS, Site};
use self::problem::{Code, Problem};
pub use self::repeats::{Form, Repeats};
pub use self::report::{Survey, Surveyor};
pub use self::settings::{Setting, Source};
pub use self::starting::starting;

use crate::domain::ports::World;
use crate::path::{API, FORWARD_AUTH, HEALTHZ, METRICS, READYZ, is_of_admins};

/// Every path of this server with its methods. `{part}` matches any one segment, and `HEAD` is allowed wherever
/// `GET` is.
#[must_use]
pub fn methods(house: &House) -> Vec<(String, Vec<Method>)> {
    routes(&CurrentHouse::new(house.clone())).methods()
}

/// Both doors behind their guard: everything that a connection can reach.
#[must_use]
pub fn doors(
    house: &CurrentHouse,
    edge: EdgeSettings,
    world: World,
) -> impl Endpoint<Output = Response> + use<> {
    let current = house.clone();
    guard(routes(house), edge, world, draw_refusals(move || Arc::clone(&current.now().site)))
}

fn routes(house: &CurrentHouse) -> Routes {
    pages::routes(house)
        .and(api::routes(house))
        .at(HEALTHZ, Method::GET, health::live)
        .at(READYZ, Method::GET, house.serve(health::ready))
        .at(METRICS, Method::GET, house.serve(metrics::metrics))
        .at(FORWARD_AUTH, Method::GET, house.serve(forward_auth::answer))
        .elsewhere(elsewhere(house.clone()))
}

/// What answers where nothing else does. Where administrators have pages, no one else learns that there is none.
fn elsewhere(house: CurrentHouse) -> impl Endpoint<Output = Response> {
    make(move |request: Request| {
        let house = house.now();
        async move {
            let path = request.uri().path();
            match Door::of(path) {
                Door::Pages if is_of_admins(path) => pages::admin::unknown(&house, &request).await,
                Door::Json if is_of_admins(&path[API.len()..]) => {
                    Err(api::unknown(&house, &request).await.into())
                }
                _ => Err(Problem::of(Code::NotFound).into()),
            }
        }
    })
}

/// Draws refusals, each for the door that its request came through.
#[must_use]
pub fn draw_refusals(site: impl Fn() -> Arc<Site> + Send + Sync) -> impl Draw {
    move |refusal: &Refusal<'_>| match refusal.door {
        Door::Pages => pages::problem::draw(refusal, &site()),
        Door::Json => api::problem::draw(refusal.problem, refusal.request_id),
    }
}
