//! A caller: a person's browser or a program. Every scenario runs with both, in the same words.

mod account;
mod acts;

use std::net::{Ipv4Addr, SocketAddr};

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::http::{Reply, Way, send};

/// Which door a scenario goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Pages,
    Json,
}

/// How an action ended, the same for both doors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It was done.
    Done,
    /// It was refused.
    Refused { status: u16, code: String, field: Option<String> },
}

impl Answer {
    pub(crate) fn refused(status: u16, code: &str) -> Self {
        Self::Refused { status, code: code.to_owned(), field: None }
    }

    /// The code of a refusal.
    #[track_caller]
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            Self::Done => panic!("it was not refused"),
        }
    }

    /// Whether the server could not do it now, and perhaps did.
    pub(crate) fn is_unavailable(&self) -> bool {
        matches!(self, Self::Refused { status: 503, .. })
    }

    pub(crate) fn refused_field(status: u16, code: &str, field: &str) -> Self {
        Self::Refused { status, code: code.to_owned(), field: Some(field.to_owned()) }
    }
}

/// One browser or one program. It keeps what it receives, as cookies or as tokens.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) door: Door,
    pub(crate) server: SocketAddr,
    host: String,
    /// Cookies of a browser: name and value.
    pub(crate) cookies: Vec<(String, String)>,
    /// What a program received as `request`, newest first, and for which address.
    requests: Vec<(String, String)>,
    /// The session token of a program.
    pub(crate) bearer: Option<String>,
    /// Whether htmx sends the browser's forms.
    is_htmx: bool,
    /// Its `User-Agent`, if it sends one.
    agent: String,
    /// The address of this machine that it connects from, if not the usual one.
    source: Option<Ipv4Addr>,
    /// The last reply, for what only one door shows.
    pub(crate) last: Option<Reply>,
}

impl Caller {
    pub(crate) fn new(door: Door, server: SocketAddr) -> Self {
        let host = format!("localhost:{}", server.port());
        Self {
            door,
            server,
            host,
            cookies: vec![],
            requests: vec![],
            bearer: None,
            is_htmx: false,
            agent: "Firefox/145.0 on Linux".into(),
            source: None,
            last: None,
        }
    }

    /// The same browser or program, where the server is after a restart.
    pub(crate) fn at(self, server: SocketAddr) -> Self {
        Self { server, host: format!("localhost:{}", server.port()), ..self }
    }

    /// The same browser with or without JavaScript.
    pub(crate) fn with_script(self, is_htmx: bool) -> Self {
        Self { is_htmx, ..self }
    }

    /// The same as another client: from this address of this machine.
    pub(crate) fn coming_from(self, source: Ipv4Addr) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The same with another `User-Agent`.
    pub(crate) fn with_agent(self, agent: &str) -> Self {
        Self { agent: agent.to_owned(), ..self }
    }

    /// Sends an action with these fields, as a form or as JSON.
    pub(crate) async fn act(&mut self, path: &str, fields: &[(&str, String)]) -> Answer {
        let reply = self.sent(path, fields).await;
        Self::answer(self.door, &reply)
    }

    /// The same, with the whole reply.
    pub(crate) async fn sent(&mut self, path: &str, fields: &[(&str, String)]) -> Reply {
        match self.door {
            Door::Pages => {
                let body = form_of(fields);
                self.post_form(path, &body).await
            }
            Door::Json => {
                let body: serde_json::Map<String, Value> =
                    fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
                self.post_json(path, &Value::Object(body).to_string()).await
            }
        }
    }

    /// Sends a form. One that could act on an account names the one that is signed in, as its page does.
    pub(crate) async fn post_form(&mut self, path: &str, body: &str) -> Reply {
        let names_account = ["/profile/", "/reauthenticate", "/sign-in/password", "/code", "/link/"]
            .iter()
            .any(|form| path.starts_with(form));
        let is_signed_in = self.cookies.iter().any(|(name, _)| name == "gatepost_session");
        if !names_account || !is_signed_in || body.contains("account=") {
            return self.post_form_as_it_is(path, body).await;
        }
        let account = self.account().await.unwrap_or_else(|| "gone".into());
        let body =
            if body.is_empty() { format!("account={account}") } else { format!("{body}&account={account}") };
        self.post_form_as_it_is(path, &body).await
    }

    /// The id of the account that is signed in here.
    pub(crate) async fn account(&self) -> Option<String> {
        let reply = self.in_program().get("/api/session").await;
        (reply.status == StatusCode::OK).then(|| reply.json()["account"]["id"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn post_form_as_it_is(&mut self, path: &str, body: &str) -> Reply {
        let origin = format!("http://{}", self.host);
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", origin.as_str())];
        self.send(Method::POST, path, &headers, body).await
    }

    pub(crate) async fn post_json(&mut self, path: &str, body: &str) -> Reply {
        let path = format!("/api{path}");
        self.send(Method::POST, &path, &[("content-type", "application/json")], body).await
    }

    /// How often the last action was sent, because the store was in doubt at first. Each time a password is
    /// hashed again.
    pub(crate) fn attempts(&self) -> u64 {
        self.last.as_ref().unwrap().attempts
    }

    /// Where the last reply leads.
    pub(crate) fn leads_to(&self) -> Option<String> {
        self.last.as_ref().unwrap().leads_to()
    }

    /// Opens a page, or what the API shows in its place.
    pub(crate) async fn open(&mut self, path: &str) -> Answer {
        let reply = self.opened(path).await;
        Self::answer(self.door, &reply)
    }

    /// The same, with the whole reply.
    pub(crate) async fn opened(&mut self, path: &str) -> Reply {
        let api = if self.door == Door::Json { "/api" } else { "" };
        self.get(&format!("{api}{path}")).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], "").await
    }

    /// Sends anything with what this caller has, and keeps what comes back.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let bearer = self.bearer.as_ref().map(|token| format!("Bearer {token}"));
        let mut all = vec![("host", self.host.as_str())];
        if !self.agent.is_empty() {
            all.push(("user-agent", &self.agent));
        }
        all.extend_from_slice(headers);
        if self.is_htmx {
            all.push(("hx-request", "true"));
        }
        if !cookies.is_empty() {
            all.push(("cookie", &cookies));
        }
        if let Some(bearer) = &bearer {
            all.push(("authorization", bearer));
        }
        let way = Way { source: self.source, server: self.server };
        let reply = send(way, method, path, &all, body.to_owned()).await;
        self.keep(&reply);
        self.last = Some(reply.clone());
        reply
    }

    fn keep(&mut self, reply: &Reply) {
        for cookie in reply.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(kept, _)| kept != name);
            if !value.is_empty() && !cookie.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let is_json = reply.header("content-type").is_some_and(|is| is.starts_with("application/json"));
        if self.door == Door::Json
            && is_json
            && !reply.body.is_empty()
            && let Some(token) = reply.json()["session"]["token"].as_str()
        {
            self.bearer = Some(token.to_owned());
        }
    }

    fn answer(door: Door, reply: &Reply) -> Answer {
        let status = reply.status.as_u16();
        // A page redirects to where something has to be done first; a program gets a refusal.
        if let (303, Some(code)) = (status, reply.header("x-problem")) {
            return Answer::refused(if code == "sign_in_required" { 401 } else { 403 }, code);
        }
        if status < 400 {
            return Answer::Done;
        }
        let (code, field) = match door {
            Door::Pages => (
                reply.header("x-problem").unwrap_or_else(|| panic!("{status}: {:?}", reply.body)).to_owned(),
                reply.header("x-problem-field").map(str::to_owned),
            ),
            Door::Json => {
                let is = reply.header("content-type");
                assert_eq!(is, Some("application/problem+json"), "{status}: {:?}", reply.body);
                let problem = reply.json();
                assert_eq!(problem["status"], status);
                (problem["code"].as_str().unwrap().to_owned(), problem["field"].as_str().map(str::to_owned))
            }
        };
        Answer::Refused { status, code, field }
    }
}

fn form_of(fields: &[(&str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The path of a link in an email.
pub(crate) fn path_of(link: &str) -> String {
    link.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned())).unwrap()
}
