//! A machine that opens links and submits forms, as mail scanners do. It never ticks a box.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use super::caller::{Ask, Target};
use super::form::{Form, forms};
use super::reply::Reply;
use crate::path::Origin;
use crate::web::edge::cookies::{Cookie, Cookies};

/// How many redirects in a row it follows.
const MOST_REDIRECTS: usize = 5;

/// A machine and everything it was sent.
#[derive(Clone)]
pub(super) struct Machine<'a> {
    target: &'a Target,
    from: Option<IpAddr>,
    headers: Vec<(&'static str, String)>,
    /// Its cookies, if it keeps any.
    jar: Option<BTreeMap<String, String>>,
    /// Every reply so far.
    pub(super) seen: Vec<Reply>,
}

impl<'a> Machine<'a> {
    /// A machine that keeps no cookies.
    pub(super) fn new(target: &'a Target) -> Self {
        Self { target, from: None, headers: Vec::new(), jar: None, seen: Vec::new() }
    }

    /// The same at another address of this machine. Without one, at another one behind the proxy.
    pub(super) fn elsewhere(self, from: Option<IpAddr>) -> Self {
        // A documentation address (RFC 5737). Only the peer of a socket file is believed.
        let named = from.is_none().then(|| ("x-forwarded-for", "192.0.2.77".to_owned()));
        Self { from, headers: self.headers.into_iter().chain(named).collect(), ..self }
    }

    /// The same with cookies, beginning with none.
    pub(super) fn with_cookies(self) -> Self {
        Self { jar: Some(BTreeMap::new()), ..self }
    }

    /// The same with this cookie of ours.
    pub(super) fn holding(mut self, cookie: Cookie, value: &str) -> Self {
        let name = cookie_name(&self.target.origin, cookie);
        self.jar.get_or_insert_default().insert(name, value.to_owned());
        self
    }

    /// Opens a page.
    pub(super) async fn open(&mut self, path: &str) -> io::Result<Reply> {
        self.send(Ask::get(path)).await
    }

    /// Opens a page and returns its form that is posted to the page itself.
    pub(super) async fn form_at(&mut self, path: &str) -> io::Result<Option<Form>> {
        let page = self.open(path).await?;
        Ok(forms(&page.body).into_iter().find(|form| form.action == path))
    }

    /// Submits a form without touching it.
    pub(super) async fn submit(&mut self, form: &Form) -> io::Result<Reply> {
        let fields = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.send(Ask::form(&form.action, &self.target.origin, fields)).await
    }

    /// Sends a request, and goes where the reply leads.
    pub(super) async fn send(&mut self, ask: Ask) -> io::Result<Reply> {
        let mut reply = self.send_once(ask).await?;
        for _ in 0..MOST_REDIRECTS {
            let place = reply.header("location").filter(|_| (300..400).contains(&reply.status));
            let Some(path) = place.filter(|place| place.starts_with('/')).map(str::to_owned) else { break };
            reply = self.send_once(Ask::get(path)).await?;
        }
        Ok(reply)
    }

    async fn send_once(&mut self, mut ask: Ask) -> io::Result<Reply> {
        for (name, value) in &self.headers {
            ask = ask.with(name, value);
        }
        if let Some(jar) = self.jar.as_ref().filter(|jar| !jar.is_empty()) {
            let pairs: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            ask = ask.with("cookie", pairs.join("; "));
        }
        let reply = self.target.ask(ask, self.from).await?;
        if let Some(jar) = &mut self.jar {
            jar.extend(given(&reply));
        }
        self.seen.push(reply.clone());
        Ok(reply)
    }

    /// Whether any reply signed it in.
    pub(super) fn is_signed_in(&self) -> bool {
        let session = cookie_name(&self.target.origin, Cookie::Session);
        self.seen.iter().any(|reply| {
            given(reply).any(|(name, value)| name == session && !value.is_empty())
                || (reply.status == 200 && reply.body.starts_with("{\"outcome\":"))
        })
    }
}

/// The cookies that a reply sets.
fn given(reply: &Reply) -> impl Iterator<Item = (String, String)> {
    let pairs = reply.headers("set-cookie").filter_map(|line| line.split(';').next()?.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
}

fn cookie_name(origin: &Origin, cookie: Cookie) -> String {
    let line = Cookies::new(origin.scheme()).set(cookie, "", Duration::ZERO);
    let line = String::from_utf8_lossy(line.as_bytes()).into_owned();
    line.split('=').next().unwrap_or_default().to_owned()
}
