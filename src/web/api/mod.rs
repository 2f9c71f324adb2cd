//! The JSON door. Each action of a page is `POST /api` plus the page's path, and what a page shows is
//! `GET /api` plus its path.
//!
//! An operation reads its input with `wire`, calls the domain method of the same name, and returns an
//! object or a `Problem`, which the edge renders. The document is written once, when it is first requested.
//!
//! - `sign_in`, `registration`, `resend`, `link`, `session`, `recovery`, `reauthentication`, `profile`,
//!   `sessions`, `mailbox`, `overview`, `emails`, `settings`: the operations, one file per subject; `operations`: all of them
//! - `export`: everything stored about an account, for both doors
//! - `bearer`, `body`: how a session and an input are read
//! - `outcome`, `problem`: the result of a sign-in, and a refusal as JSON
//! - `refusals`: the group of each operation and the codes it can be refused with
//! - `document`, `examples`: the `OpenAPI` document; `docs`: the same as a page

mod bearer;
mod body;
mod docs;
mod document;
mod emails;
mod examples;
mod export;
mod link;
mod mailbox;
mod operations;
mod outcome;
mod overview;
pub mod problem;
mod profile;
mod reauthentication;
mod recovery;
mod refusals;
mod registration;
mod resend;
mod session;
mod sessions;
mod settings;
mod sign_in;

use std::sync::{Arc, LazyLock};

use poem::endpoint::{BoxEndpoint, make_sync};
use poem::http::Method;
use poem::{Endpoint, Request, Response};
use poem_openapi::OpenApi;
use poem_openapi::error::ParseParamError;

use self::bearer::session_token;
pub use self::document::document;
pub(super) use self::export::export_of;
use self::operations::{Operations, operations};
pub use self::session::Account;
use crate::domain::record::client::Client;
use crate::path::{API, DOCS, OPENAPI};
use crate::web::edge::Routes;
use crate::web::house::{CurrentHouse, House};
use crate::web::per_site::PerSite;
use crate::web::problem::{Code, Problem};

/// Every operation below `/api`, the document and its page.
#[must_use]
pub fn routes(house: &CurrentHouse) -> Routes {
    let routes = Routes::new()
        .at(format!("{API}{OPENAPI}"), Method::GET, serve("application/json", document))
        .at(format!("{API}{DOCS}"), Method::GET, serve_page(house.clone()));
    operations().into_iter().fold(routes, |routes, (path, method, operation)| {
        let house = house.clone();
        routes.at(format!("{API}{path}"), method, InHouse { operation, house })
    })
}

/// An operation and the house it works in.
struct InHouse {
    operation: BoxEndpoint<'static>,
    house: CurrentHouse,
}

impl Endpoint for InHouse {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let house = self.house.now();
        request.extensions_mut().insert(house.clone());
        if request.method() == Method::POST {
            recognise(&mut request, &house).await;
        }
        self.operation.call(request).await.map_err(in_our_words)
    }
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

/// The document as a page. It names the site, so it is written again when that changes.
fn serve_page(house: CurrentHouse) -> impl Endpoint<Output = Response> {
    let written = PerSite::default();
    make_sync(move |_| {
        let site = Arc::clone(&house.now().site);
        let text = written.read(&site, String::clone).unwrap_or_else(|| {
            let text = docs::page(&site, &document()).into_string();
            written.keep(site, &house, text.clone());
            text
        });
        Response::builder().content_type("text/html; charset=utf-8").body(text)
    })
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
async fn recognise(request: &mut Request, house: &House) {
    let Some(token) = session_token(request) else { return };
    if let Some(client) = request.extensions_mut().get_mut::<Client>() {
        house.gatepost.know_session_of(client, &token).await;
    }
}

/// The answer where there is nothing for administrators. Only an administrator learns that there is nothing.
pub(super) async fn unknown(house: &House, request: &Request) -> Problem {
    let Some(token) = session_token(request) else { return Problem::of(Code::SignInRequired) };
    match house.gatepost.expect_admin(&token).await {
        Ok(()) => Problem::of(Code::NotFound),
        Err(error) => error.into(),
    }
}

/// A wrong parameter is refused like a wrong field, without poem-openapi's error message.
fn in_our_words(error: poem::Error) -> poem::Error {
    match error.downcast_ref::<ParseParamError>().map(|wrong| wrong.name) {
        Some(name) => Problem::of(Code::InvalidField).field(name).into(),
        None => error,
    }
}
