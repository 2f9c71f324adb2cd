//! A browser that sees apps through a proxy. The proxy asks about each request and sends us the paths that are ours.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use hyper::{Method, StatusCode};

use super::proxy;
use crate::harness::app::App;
use crate::harness::caller::{Caller, Door};
use crate::harness::http::{Reply, Way, send};

/// More steps than any way to an app has.
const PATIENCE: usize = 12;
/// What browsers accept when they open a page.
pub(crate) const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// What it sends when it opens a page.
pub(crate) fn opening(site: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("accept", HTML),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-site", site),
    ]
}

/// A person's browser.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    /// It at our own host.
    pub(crate) own: Caller,
    /// Its cookies for the hosts of apps.
    pub(crate) jars: BTreeMap<String, Vec<(String, String)>>,
    /// Whether it keeps cookies.
    pub(crate) keeps: bool,
    /// Every address that it has opened.
    pub(crate) opened: Vec<String>,
}

impl Browser {
    pub(crate) fn new(app: &App) -> Self {
        Self::at(app.server)
    }

    pub(crate) fn at(server: SocketAddr) -> Self {
        Self { own: Caller::new(Door::Pages, server), jars: BTreeMap::new(), keeps: true, opened: Vec::new() }
    }

    /// Signed in at our own host.
    pub(crate) async fn signed_in(app: &App, email: &str) -> Self {
        Self { own: app.signed_in(Door::Pages, email).await, ..Self::new(app) }
    }

    fn cookies(&self, host: &str) -> String {
        let jar = self.jars.get(host).into_iter().flatten();
        jar.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// The value of a cookie for the host of an app.
    pub(crate) fn cookie(&self, host: &str, name: &str) -> Option<String> {
        let jar = self.jars.get(host)?;
        jar.iter().find(|(other, _)| other.ends_with(name)).map(|(_, value)| value.clone())
    }

    fn keep(&mut self, host: &str, reply: &Reply) {
        let jar = self.jars.entry(host.to_owned()).or_default();
        for line in reply.headers.get_all("set-cookie").iter().filter(|_| self.keeps) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            jar.retain(|(kept, _)| kept != name);
            jar.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Sends one request, wherever it leads, as it passes the proxy: 204 means that the app answers.
    pub(crate) async fn send(&mut self, method: Method, url: &str, headers: &[(&str, &str)]) -> Reply {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (host, target) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        if host.starts_with("localhost:") {
            return self.own.send(method, target, headers, "").await;
        }
        let cookies = self.cookies(host);
        let way = Way::from_proxy(proxy(), self.own.server);
        let mut all = headers.to_vec();
        if !cookies.is_empty() {
            all.push(("cookie", &cookies));
        }
        let reply = if target.starts_with("/.gatepost/") {
            all.push(("host", host));
            send(way, method, target, &all, "").await
        } else {
            let bare = host.split(':').next().unwrap();
            let question = format!("/forward-auth/answer?app={bare}");
            let method = method.to_string();
            all.extend([
                ("host", "127.0.0.1:8080"),
                ("x-forwarded-host", host),
                ("x-forwarded-proto", scheme),
                ("x-forwarded-method", method.as_str()),
                ("x-forwarded-uri", target),
            ]);
            send(way, Method::GET, &question, &all, "").await
        };
        self.keep(host, &reply);
        reply
    }

    /// Opens a page and follows every redirect, as a browser does. Returns where it ends, and the answer there.
    pub(crate) async fn open(&mut self, url: &str, site: &'static str) -> (String, Reply) {
        let (mut url, mut site) = (url.to_owned(), site);
        for _ in 0..PATIENCE {
            self.opened.push(url.clone());
            let reply = self.send(Method::GET, &url, &opening(site)).await;
            let Some(place) = reply.leads_to() else { return (url, reply) };
            if reply.status == StatusCode::OK {
                // A refresh is a new navigation.
                site = "cross-site";
            } else if site == "same-origin" && !place.starts_with('/') {
                site = "cross-site";
            }
            url = joined(&url, &place);
        }
        panic!("a loop: {:?}", self.opened);
    }

    /// Signs in with the link of an email, from the sign-in page on, and goes on where that leads.
    pub(crate) async fn sign_in(&mut self, app: &App, page: &str, email: &str) -> (String, Reply) {
        let next = next_of(page);
        self.own.ask_for(email, next.as_deref()).await;
        let letter = app.letter_to(email).await;
        self.own.follow(&letter.link).await;
        let place = self.own.leads_to().unwrap();
        let own = format!("http://localhost:{}", self.own.server.port());
        // The chain began with a form of ours.
        self.open(&joined(&own, &place), "same-origin").await
    }

    /// Opens a page of an app that passes, and returns who it is for the app: address and groups.
    pub(crate) async fn passes(&mut self, url: &str) -> (String, String) {
        let (end, reply) = self.open(url, "none").await;
        assert_eq!((end.as_str(), reply.status), (url, StatusCode::NO_CONTENT), "{reply:?}");
        let value = |name| reply.header(name).unwrap().to_owned();
        assert!(!value("remote-user").is_empty());
        (value("remote-email"), value("remote-groups"))
    }

    /// The status of a request of a script, which never follows.
    pub(crate) async fn status(&mut self, url: &str) -> u16 {
        self.send(Method::GET, url, &[("accept", "application/json")]).await.status.as_u16()
    }
}

/// The address that a page leads to.
pub(crate) fn joined(url: &str, place: &str) -> String {
    url::Url::parse(url).unwrap().join(place).unwrap().to_string()
}

/// The `next` of a page's address.
pub(crate) fn next_of(page: &str) -> Option<String> {
    let page = url::Url::parse(page).unwrap();
    page.query_pairs().find(|(name, _)| name == "next").map(|(_, value)| value.into_owned())
}
