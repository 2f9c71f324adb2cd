//! Every operation of this door.

use std::collections::HashMap;
use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use poem::{EndpointExt, Route};
use poem_openapi::registry::MetaOperation;
use poem_openapi::{OpenApi, OpenApiService};

use super::{
    emails, link, mailbox, overview, profile, reauthentication, recovery, registration, resend, session,
    sessions, settings, sign_in,
};
use crate::path::API;

/// In the order of [`Tag`](super::refusals::Tag), which the document and its page keep.
pub(super) type Operations = (
    sign_in::Operations,
    registration::Operations,
    resend::Operations,
    mailbox::Operations,
    link::Operations,
    session::Operations,
    recovery::Operations,
    reauthentication::Operations,
    profile::Operations,
    sessions::Operations,
    overview::Operations,
    emails::Operations,
    settings::Operations,
);

pub(super) fn service() -> OpenApiService<Operations, ()> {
    OpenApiService::new(all(), "Gatepost", env!("CARGO_PKG_VERSION")).url_prefix(API)
}

/// An operation's path below `/api`, its method, and what answers.
pub(super) type Operation = (String, Method, BoxEndpoint<'static>);

/// Every operation.
pub(super) fn operations() -> Vec<Operation> {
    let mut endpoints = HashMap::new();
    all().add_routes(&mut endpoints);
    // Only poem-openapi's own service reads the parameters of an operation. Others are called at once.
    let service = Arc::new(Route::new().nest(API, service()));
    let paths = Operations::meta().into_iter().flat_map(|api| api.paths);
    let operations =
        paths.flat_map(|path| path.operations.into_iter().map(move |it| (path.path.clone(), it)));
    let with_endpoint = |(path, operation): (String, MetaOperation)| {
        let method = operation.method;
        let endpoint = if operation.params.is_empty() {
            endpoints.get_mut(&path).and_then(|methods| methods.remove(&method))
        } else {
            Some(Arc::clone(&service).boxed())
        };
        (path, method, endpoint.expect("every operation has an endpoint"))
    };
    operations.map(with_endpoint).collect()
}

fn all() -> Operations {
    (
        sign_in::Operations,
        registration::Operations,
        resend::Operations,
        mailbox::Operations,
        link::Operations,
        session::Operations,
        recovery::Operations,
        reauthentication::Operations,
        profile::Operations,
        sessions::Operations,
        overview::Operations,
        emails::Operations,
        settings::Operations,
    )
}
