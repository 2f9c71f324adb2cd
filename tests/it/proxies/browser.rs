//! A person's browser: it keeps the cookies of each host, follows redirects, and says what browsers say.

use std::collections::BTreeMap;

use super::setup::Front;
use super::wire::Reply;
use crate::mail::sink::TakenMail;

/// More steps than any way to an app has.
const PATIENCE: usize = 12;
const ID: &str = "https://id.example.org";
/// What a form of ours sends.
const OF_FORM: [&str; 3] = [
    "Content-Type: application/x-www-form-urlencoded",
    "Origin: https://id.example.org",
    "Sec-Fetch-Site: same-origin",
];

#[derive(Clone)]
pub(super) struct Browser<'a> {
    front: &'a Front,
    pub(super) jars: BTreeMap<String, Vec<(String, String)>>,
    /// Every address that it has opened.
    pub(super) opened: Vec<String>,
}

impl<'a> Browser<'a> {
    pub(super) fn new(front: &'a Front) -> Self {
        Self { front, jars: BTreeMap::new(), opened: Vec::new() }
    }

    /// The header with its cookies for a host.
    pub(super) fn cookies(&self, host: &str) -> String {
        let jar = self.jars.get(host).into_iter().flatten();
        let pairs: Vec<String> = jar.map(|(name, value)| format!("{name}={value}")).collect();
        format!("Cookie: {}", pairs.join("; "))
    }

    /// The value of its cookie for the host of an app.
    pub(super) fn app_cookie(&self, host: &str) -> String {
        let jar = &self.jars[host];
        jar.iter().find(|(name, _)| name == "__Host-gatepost_app").unwrap().1.clone()
    }

    /// Sends one request with its cookies, wherever it leads.
    pub(super) async fn send(&mut self, method: &str, url: &str, lines: &[&str], body: &str) -> Reply {
        let (host, target) = url.strip_prefix("https://").unwrap().split_once('/').unwrap();
        let mut head = format!("{method} /{target} HTTP/1.1\r\nHost: {host}\r\n");
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        if !lines.iter().any(|line| line.starts_with("Connection:")) {
            lines.push("Connection: close".into());
        }
        if self.jars.get(host).is_some_and(|jar| !jar.is_empty()) {
            lines.push(self.cookies(host));
        }
        if !body.is_empty() || method == "POST" {
            lines.push(format!("Content-Length: {}", body.len()));
        }
        for line in lines {
            head.push_str(&line);
            head.push_str("\r\n");
        }
        let reply = self.front.wire.say(host, &format!("{head}\r\n{body}")).await;
        self.keep(host, &reply);
        reply
    }

    pub(super) async fn get(&mut self, url: &str, lines: &[&str]) -> Reply {
        self.send("GET", url, lines, "").await
    }

    fn keep(&mut self, host: &str, reply: &Reply) {
        let jar = self.jars.entry(host.to_owned()).or_default();
        for line in reply.all("set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            jar.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                jar.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    /// Opens a page and follows every redirect, as a browser does. Returns where it ends, and the answer there.
    pub(super) async fn open(&mut self, url: &str, site: &str) -> (String, Reply) {
        let (mut url, mut site) = (url.to_owned(), site.to_owned());
        for _ in 0..PATIENCE {
            self.opened.push(url.clone());
            let from = format!("Sec-Fetch-Site: {site}");
            let lines = [
                "Accept: text/html,*/*;q=0.8",
                "Sec-Fetch-Mode: navigate",
                "Sec-Fetch-Dest: document",
                &from,
            ];
            let reply = self.get(&url, &lines).await;
            let Some(place) = reply.leads_to() else { return (url, reply) };
            if reply.status == 200 || (site == "same-origin" && !place.starts_with('/')) {
                // A refresh is a new navigation.
                site = "cross-site".into();
            }
            url = joined(&url, &place);
        }
        panic!("a loop: {:?}", self.opened);
    }

    /// Sends a form of ours, and goes on where that leads.
    pub(super) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> (String, Reply) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let url = joined(ID, path);
        let reply = self.send("POST", &url, &OF_FORM, &body).await;
        match reply.leads_to() {
            Some(place) => self.open(&joined(&url, &place), "same-origin").await,
            None => (url, reply),
        }
    }

    /// Requests an email on the sign-in page.
    async fn ask(&mut self, page: &str, email: &str) -> TakenMail {
        let before = self.front.sink.count_to(email);
        let next = next_of(page);
        let (end, _) = self.submit("/sign-in", &[("email", email), ("next", &next)]).await;
        assert_eq!(end, format!("{ID}/check-inbox"));
        let of = |mail: &TakenMail| mail.to == email;
        let seen = self.front.sink.until(|seen| seen.mails.iter().filter(|mail| of(mail)).count() > before);
        seen.await.mails.into_iter().rfind(of).unwrap()
    }

    /// Signs in with the link of an email, from the sign-in page on.
    pub(super) async fn sign_in_by_link(&mut self, page: &str, email: &str) -> (String, Reply) {
        let link = self.ask(page, email).await.link();
        self.submit(&link, &[]).await
    }

    /// The same with its code.
    pub(super) async fn sign_in_by_code(&mut self, page: &str, email: &str) -> (String, Reply) {
        let code = self.ask(page, email).await.code().unwrap();
        self.submit("/code", &[("code", &code)]).await
    }
}

/// The address that a page leads to.
fn joined(url: &str, place: &str) -> String {
    url::Url::parse(url).unwrap().join(place).unwrap().to_string()
}

/// The `next` of a page's address.
fn next_of(page: &str) -> String {
    let page = url::Url::parse(page).unwrap();
    let next = page.query_pairs().find(|(name, _)| name == "next");
    next.unwrap_or_else(|| panic!("{page} has no next")).1.into_owned()
}
