//! The JSON door: each act of a page is `POST /api` and the page's path, what a page shows is
//! `GET /api` and its path.
//!
//! An operation reads its input by `wire`, calls the act of the same name, and answers an object or
//! a `Problem`, which the edge draws. The document of all this is made once, at the start.

mod ask;
mod bearer;
mod body;
mod docs;
mod document;
mod examples;
mod link;
mod mailbox;
pub mod problem;
mod profile;
mod reauthentication;
mod recovery;
mod refusals;
mod registration;
mod session;
mod sessions;
mod sign_in;

use poem::endpoint::make_sync;
use poem::http::Method;
use poem::{Endpoint, EndpointExt, Response, Route, get};
use poem_openapi::error::ParseParamError;
use poem_openapi::{OpenApi, OpenApiService};

pub use self::document::document;
pub(super) use self::profile::export_of;
pub use self::session::{Account, rfc3339};
use crate::path::{API, DOCS, OPENAPI};
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

type Operations = (
    registration::Operations,
    sign_in::Operations,
    ask::Operations,
    link::Operations,
    session::Operations,
    recovery::Operations,
    profile::Operations,
    sessions::Operations,
    reauthentication::Operations,
    mailbox::Operations,
);

/// Adds every operation below `/api`, the document and its page.
#[must_use]
pub fn add(route: Route, house: &House) -> Route {
    let document = document();
    let page = docs::page(&house.site, &document).into_string();
    let serve = |content_type: &'static str, body: String| {
        make_sync(move |_| Response::builder().content_type(content_type).body(body.clone()))
    };
    let operations = service()
        .data(house.clone())
        .around(|operations, request| async move { operations.call(request).await.map_err(in_our_words) });
    route
        .at(format!("{API}{OPENAPI}"), get(serve("application/json", document)))
        .at(format!("{API}{DOCS}"), get(serve("text/html; charset=utf-8", page)))
        .nest(API, operations)
}

/// Every path of this door with its methods, for the edge, which tells them in `Allow`.
#[must_use]
pub fn paths() -> Vec<(String, Vec<Method>)> {
    let operations = Operations::meta().into_iter().flat_map(|api| api.paths);
    let paths = operations.map(|it| (it.path, it.operations.into_iter().map(|it| it.method).collect()));
    let pages = [OPENAPI, DOCS].map(|page| (page.to_owned(), vec![Method::GET]));
    paths.chain(pages).map(|(path, methods)| (format!("{API}{path}"), methods)).collect()
}

fn service() -> OpenApiService<Operations, ()> {
    let operations = (
        registration::Operations,
        sign_in::Operations,
        ask::Operations,
        link::Operations,
        session::Operations,
        recovery::Operations,
        profile::Operations,
        sessions::Operations,
        reauthentication::Operations,
        mailbox::Operations,
    );
    OpenApiService::new(operations, "Gatepost", env!("CARGO_PKG_VERSION")).url_prefix(API)
}

/// A parameter of a wrong kind is refused as a field is, and not in poem-openapi's words.
fn in_our_words(error: poem::Error) -> poem::Error {
    match error.downcast_ref::<ParseParamError>().map(|wrong| wrong.name) {
        Some(name) => Problem::of(Code::InvalidField).field(name).into(),
        None => error,
    }
}
