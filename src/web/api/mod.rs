//! The JSON door. Each action of a page is `POST /api` plus the page's path, and what a page shows is
//! `GET /api` plus its path.
//!
//! An operation reads its input with `wire`, calls the domain method of the same name, and returns an
//! object or a `Problem`, which the edge renders. The document is written once, when it is first requested.
//!
//! - `sign_in`, `registration`, `resend`, `link`, `session`, `recovery`, `reauthentication`, `profile`,
//!   `sessions`, `mailbox`: the operations, one file per subject; `operations`: all of them
//! - `export`: everything stored about an account, for both doors
//! - `bearer`, `body`: how a session and an input are read
//! - `outcome`, `problem`: the result of a sign-in, and a refusal as JSON
//! - `refusals`: the group of each operation and the codes it can be refused with
//! - `document`, `examples`: the `OpenAPI` document; `docs`: the same as a page

mod bearer;
mod body;
mod docs;
mod document;
mod examples;
mod export;
mod link;
mod mailbox;
mod operations;
mod outcome;
pub mod problem;
mod profile;
mod reauthentication;
mod recovery;
mod refusals;
mod registration;
mod resend;
mod session;
mod sessions;
mod sign_in;

use std::sync::{Arc, LazyLock};

use poem::endpoint::make_sync;
use poem::http::Method;
use poem::{Endpoint, EndpointExt, Request, Response, Route, get};
use poem_openapi::OpenApi;
use poem_openapi::error::ParseParamError;

use self::bearer::session_token;
pub use self::document::document;
pub(super) use self::export::export_of;
use self::operations::{Operations, service};
pub use self::session::Account;
use crate::domain::record::client::Client;
use crate::path::{API, DOCS, OPENAPI};
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

/// Adds every operation below `/api`, the document and its page.
#[must_use]
pub fn add(route: Route, house: &House) -> Route {
    let site = Arc::clone(&house.site);
    let page = move || docs::page(&site, &document()).into_string();
    let operations = service()
        .around(|operations, mut request: Request| async move {
            recognise(&mut request).await;
            operations.call(request).await.map_err(in_our_words)
        })
        .data(house.clone());
    route
        .at(format!("{API}{OPENAPI}"), get(serve("application/json", document)))
        .at(format!("{API}{DOCS}"), get(serve("text/html; charset=utf-8", page)))
        .nest(API, operations)
}

/// A text that is the same for everyone. It is written when it is first requested: at every start, that would take
/// longer than everything else together.
fn serve(
    content_type: &'static str,
    write: impl FnOnce() -> String + Send + Sync + 'static,
) -> impl Endpoint<Output = Response> {
    let text = LazyLock::new(write);
    make_sync(move |_| Response::builder().content_type(content_type).body((*text).clone()))
}

/// Every path of this door with its methods, for the `Allow` header.
#[must_use]
pub fn paths() -> Vec<(String, Vec<Method>)> {
    let operations = Operations::meta().into_iter().flat_map(|api| api.paths);
    let paths = operations.map(|it| (it.path, it.operations.into_iter().map(|it| it.method).collect()));
    let pages = [OPENAPI, DOCS].map(|page| (page.to_owned(), vec![Method::GET]));
    paths.chain(pages).map(|(path, methods)| (format!("{API}{path}"), methods)).collect()
}

/// A program keeps no cookies, so the session it sends shows where it is known. Only what changes something asks
/// for that.
async fn recognise(request: &mut Request) {
    let Some(token) = session_token(request).filter(|_| request.method() == Method::POST) else { return };
    let (Some(house), Some(client)) = (request.data::<House>(), request.data::<Client>()) else { return };
    let mut client = client.clone();
    house.gatepost.know_session_of(&mut client, &token).await;
    request.extensions_mut().insert(client);
}

/// A wrong parameter is refused like a wrong field, without poem-openapi's error message.
fn in_our_words(error: poem::Error) -> poem::Error {
    match error.downcast_ref::<ParseParamError>().map(|wrong| wrong.name) {
        Some(name) => Problem::of(Code::InvalidField).field(name).into(),
        None => error,
    }
}
