//! Requests on the hosts of apps. A proxy sends us those below one path; everything else there is the app's.

use std::sync::Arc;

use poem::Request;
use poem::http::header::HOST;

use super::client::FromProxy;
use crate::path::{FORWARD_AUTH, FORWARD_AUTH_ANSWER};
use crate::web::apps::{App, Apps};

/// The app on whose host a request arrived.
#[derive(Clone, Debug)]
pub struct AtApp(pub Arc<App>);

/// Whether one of our proxies asks about another request. Its `Host` may be that of the app.
pub(super) fn is_question(request: &Request, from_proxy: FromProxy) -> bool {
    from_proxy.0 && asks(request.uri().path())
}

/// Whether a path is one at which proxies ask.
pub(super) fn asks(path: &str) -> bool {
    [FORWARD_AUTH, FORWARD_AUTH_ANSWER].contains(&path)
}

/// The app that a request is for, by its `Host`. If the target names a host too, it has to be the same one.
pub(super) fn at(request: &Request, apps: &Apps) -> Option<AtApp> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (host, None) = (hosts.next()?, hosts.next()) else { return None };
    let app = apps.at(host.as_bytes())?;
    let target = request.uri().authority().map(|authority| apps.at(authority.as_str().as_bytes()));
    let is_same = |other: Option<&Arc<App>>| other.is_some_and(|other| Arc::ptr_eq(other, app));
    target.is_none_or(is_same).then(|| AtApp(Arc::clone(app)))
}
