//! What a server answers while it opens its store: it is alive, but not ready. So a supervisor waits for it, and
//! visitors are told to come back.

use std::sync::Arc;
use std::time::Duration;

use poem::endpoint::make;
use poem::http::Method;
use poem::{Endpoint, Request, Response};

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
    let not_yet = || make(|_: Request| async { Err::<Response, poem::Error>(not_yet().into()) });
    let routes = Routes::new()
        .at(HEALTHZ, Method::GET, health::live)
        .at(path::asset("{part}"), Method::GET, make(assets::serve))
        // Every method that some path accepts once the store is open.
        .at(HOME, Method::GET, not_yet())
        .at(HOME, Method::POST, not_yet())
        .elsewhere(not_yet());
    guard(routes, edge, world, draw_refusals(move || Arc::clone(&site)))
}

fn not_yet() -> Problem {
    Problem::of(Code::StoreUnavailable)
        .detail("We're just starting. Please try again in a moment.")
        .retry_after(WAIT)
}
