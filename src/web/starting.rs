//! What a server answers while it opens its store: it is alive, but not ready. So a supervisor waits for it, and
//! visitors are told to come back.

use std::sync::Arc;
use std::time::Duration;

use poem::endpoint::make;
use poem::http::Method;
use poem::{Endpoint, EndpointExt, Request, Response, Route, get};

use super::draw_refusals;
use super::edge::{EdgeSettings, Routes, guard};
use super::health;
use super::house::Site;
use super::pages::assets;
use super::problem::{Code, Problem};
use crate::domain::ports::World;
use crate::path::{self, HEALTHZ, HOME};

/// When it is worth trying again. Opening rarely takes longer.
const WAIT: Duration = Duration::from_secs(2);

/// Both doors, closed.
#[must_use]
pub fn starting(
    site: Arc<Site>,
    edge: EdgeSettings,
    world: World,
) -> impl Endpoint<Output = Response> + use<> {
    // A method that no path has is refused before the doors see it.
    let routes = Routes::new().at(HEALTHZ, &[Method::GET]).at(HOME, &[Method::GET, Method::POST]);
    let doors = Route::new()
        .at(HEALTHZ, get(health::live))
        .at(path::asset(":part"), make(assets::serve).boxed())
        .at("/*any", make(|_: Request| async { Err::<Response, poem::Error>(not_yet().into()) }));
    guard(doors, edge, routes, world, draw_refusals(site))
}

fn not_yet() -> Problem {
    Problem::of(Code::StoreUnavailable)
        .detail("We're just starting. Please try again in a moment.")
        .retry_after(WAIT)
}
