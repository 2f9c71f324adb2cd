//! The JSON door: each act of a page is `POST /api` and the page's path, what a page shows is
//! `GET /api` and its path.
//!
//! An operation reads its input by `wire`, calls the act of the same name, and answers an object or
//! a `Problem`, which the edge draws. The document of all this is made once, at the start.

mod bearer;
mod body;
mod docs;
mod document;
mod examples;
mod link;
mod mailbox;
pub mod problem;
mod session;
mod sign_in;

use poem::endpoint::make_sync;
use poem::error::MethodNotAllowedError;
use poem::{Endpoint, EndpointExt, Response, Route, get};
use poem_openapi::error::ParseParamError;
use poem_openapi::{OpenApi, OpenApiService, Tags};

pub use self::document::document;
use crate::path::{API, DOCS, OPENAPI};
use crate::web::House;
use crate::web::problem::{Code, Problem};

type Operations = (sign_in::Operations, link::Operations, session::Operations, mailbox::Operations);

/// The codes of each operation, by its id.
type Refusals = &'static [(&'static str, &'static [Code])];

#[derive(Tags)]
enum Tag {
    /// Asking for a letter, and redeeming its link or code.
    #[oai(rename = "Sign in")]
    SignIn,
    /// Who is signed in, and signing out.
    Session,
    /// The letters that would have been sent, for trying things out.
    Mailbox,
}

/// Every operation, the document and its page; to be nested under `/api`.
#[must_use]
pub fn routes(house: House) -> impl Endpoint {
    let document = document();
    let page = docs::page(&house.site, &document).into_string();
    let serve = |content_type: &'static str, body: String| {
        make_sync(move |_| Response::builder().content_type(content_type).body(body.clone()))
    };
    Route::new()
        .at(OPENAPI, get(serve("application/json", document)))
        .at(DOCS, get(serve("text/html; charset=utf-8", page)))
        .nest("/", service())
        .data(house)
        .around(|routes, request| async move {
            let path = request.uri().path().to_owned();
            routes.call(request).await.map_err(|error| in_our_words(error, &path))
        })
}

fn service() -> OpenApiService<Operations, ()> {
    let operations = (sign_in::Operations, link::Operations, session::Operations, mailbox::Operations);
    OpenApiService::new(operations, "Gatepost", env!("CARGO_PKG_VERSION")).url_prefix(API)
}

/// What the framework refuses, as a refusal of ours with what it knows.
fn in_our_words(error: poem::Error, path: &str) -> poem::Error {
    if error.is::<MethodNotAllowedError>() {
        return Problem::of(Code::MethodNotAllowed).allow(methods(path)).into();
    }
    match error.downcast_ref::<ParseParamError>().map(|wrong| wrong.name) {
        Some(name) => Problem::of(Code::InvalidField).field(name).into(),
        None => error,
    }
}

/// The methods a path below `/api` takes, as the document has them.
fn methods(path: &str) -> String {
    let is_it = |pattern: &str| {
        pattern.split('/').count() == path.split('/').count()
            && pattern.split('/').zip(path.split('/')).all(|(part, is)| part.starts_with('{') || part == is)
    };
    let paths = Operations::meta().into_iter().flat_map(|api| api.paths);
    let methods = paths.filter(|it| is_it(&it.path)).flat_map(|it| it.operations).map(|it| it.method);
    let mut methods: Vec<String> = methods.map(|method| method.to_string()).collect();
    if methods.is_empty() || methods.iter().any(|method| method == "GET") {
        // The document and its page; and whatever can be got has a head.
        methods.retain(|method| method != "GET");
        methods.splice(0..0, ["GET".to_owned(), "HEAD".to_owned()]);
    }
    methods.join(", ")
}
