//! Only requests meant for this server are answered.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use poem::http::header::{HOST, LOCATION};
use poem::http::{StatusCode, uri::PathAndQuery};
use poem::{Request, Response};

use super::EdgeSettings;
use super::access_log::bounded;
use crate::path::{ASSETS, FAVICON, FORWARD_AUTH, HEALTHZ, METRICS, Origin, READYZ};
use crate::web::house::Door;
use crate::web::problem::{Code, Problem};

/// Host names that can be replaced while requests are checked. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Arc<ArcSwap<Vec<String>>>);

impl From<Vec<String>> for Hosts {
    fn from(names: Vec<String>) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(names)))
    }
}

impl Hosts {
    /// From now on, these are the names.
    pub fn replace(&self, names: Vec<String>) {
        self.0.store(Arc::new(names));
    }

    fn any(&self, is_it: impl Fn(&str) -> bool) -> bool {
        self.0.load().iter().any(|name| is_it(name))
    }
}

/// Refuses a request whose Host is not ours. Someone who opened this machine under another of its own names
/// is sent to the right one.
///
/// If an attacker points their name at our address (DNS rebinding), the browser sends that name as Host.
/// Two Host headers are refused, because a proxy might use one of them and we the other.
pub(super) fn check(request: &Request, settings: &EdgeSettings) -> poem::Result<()> {
    let path = request.uri().path();
    // Monitoring often connects by IP address, and the page of a refusal needs its stylesheet.
    if [HEALTHZ, READYZ, METRICS, FAVICON].contains(&path) || path.starts_with(ASSETS) {
        return Ok(());
    }
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Problem::of(Code::Malformed).into());
    };
    let ours = &settings.public_url;
    let is_ours = |name: &[u8]| {
        let has_more_names = Door::of(path) == Door::Json || path == FORWARD_AUTH;
        is_named(name, ours.authority(), ours)
            || (has_more_names && settings.hosts.any(|other| is_named(name, other, ours)))
    };
    // `GET http://name/ HTTP/1.1` contains a second host name, which must also be ours.
    let target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    if is_ours(host.as_bytes()) && target.is_none_or(is_ours) {
        return Ok(());
    }
    if target.is_none() && is_same_machine(host.as_bytes(), ours) && is_page_view(request) {
        return Err(poem::Error::from_response(moved(request, ours)));
    }
    let came = format!("Host {} instead of {}", bounded(host.as_bytes()), ours.authority());
    let problem = Problem::of(Code::WrongHost).detail(format!("This site lives at {}.", ours.authority()));
    Err(problem.came(came).into())
}

/// Whether a Host is a name of ours. Some clients write the port of the scheme out.
fn is_named(host: &[u8], name: &str, ours: &Origin) -> bool {
    let name = name.as_bytes();
    host.eq_ignore_ascii_case(name)
        || without_default_port(host, ours).eq_ignore_ascii_case(without_default_port(name, ours))
}

fn without_default_port<'a>(host: &'a [u8], ours: &Origin) -> &'a [u8] {
    let port = format!(":{}", ours.scheme().default_port());
    host.strip_suffix(port.as_bytes()).unwrap_or(host)
}

/// Whether both are names of the machine that the browser runs on, with the same port.
fn is_same_machine(host: &[u8], ours: &Origin) -> bool {
    // The port exactly as we would write it, so that the redirect leads to where the browser already is.
    let port = format!(":{}", ours.port());
    if !host.ends_with(port.as_bytes()) && ours.port() != ours.scheme().default_port() {
        return false;
    }
    let Ok(theirs) = Origin::parse(&format!("http://{}", String::from_utf8_lossy(host))) else {
        return false;
    };
    let is_loopback = theirs.is_loopback()
        || theirs
            .host()
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback());
    ours.is_loopback() && is_loopback && theirs.port() == ours.port()
}

/// Whether a person looks at a page. A form posted to another name would lose its fields and cookies on the
/// way, and a program should be told.
fn is_page_view(request: &Request) -> bool {
    let path = request.uri().path();
    request.method().is_safe() && Door::of(path) == Door::Pages && path != FORWARD_AUTH
}

fn moved(request: &Request, ours: &Origin) -> Response {
    let place = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    Response::builder().status(StatusCode::PERMANENT_REDIRECT).header(LOCATION, ours.link(place)).finish()
}
