//! Who calls: a person's browser or a program. Every scenario is run with both, in the same words.

use std::net::SocketAddr;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::http::{Reply, send};

/// Which door a scenario goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Pages,
    Json,
}

/// How an act was answered, the same for both doors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It was done. What follows from that is asked for by other acts.
    Done,
    /// It was refused.
    Refused { status: u16, code: String, field: Option<String> },
}

impl Answer {
    pub(crate) fn refused(status: u16, code: &str) -> Self {
        Self::Refused { status, code: code.to_owned(), field: None }
    }

    pub(crate) fn refused_field(status: u16, code: &str, field: &str) -> Self {
        Self::Refused { status, code: code.to_owned(), field: Some(field.to_owned()) }
    }
}

/// One browser or one program: keeps what it was given, as cookies or as tokens.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) door: Door,
    pub(crate) server: SocketAddr,
    host: String,
    /// Cookies of a browser: name and value.
    pub(crate) cookies: Vec<(String, String)>,
    /// What a program was given as `request`, newest first, and for whom.
    requests: Vec<(String, String)>,
    /// The session token of a program.
    pub(crate) bearer: Option<String>,
    /// The last reply, for what only one door shows.
    pub(crate) last: Option<Reply>,
}

impl Caller {
    pub(crate) fn new(door: Door, server: SocketAddr) -> Self {
        let host = format!("localhost:{}", server.port());
        Self { door, server, host, cookies: vec![], requests: vec![], bearer: None, last: None }
    }

    /// Asks for a letter.
    pub(crate) async fn ask(&mut self, email: &str) -> Answer {
        self.ask_for(email, None).await
    }

    /// Asks for a letter, to be led to `next` afterwards.
    pub(crate) async fn ask_for(&mut self, email: &str, next: Option<&str>) -> Answer {
        let mut fields = vec![("email", email.to_owned())];
        let same = self.requests.iter().find(|(of, _)| of.eq_ignore_ascii_case(email.trim()));
        match self.door {
            Door::Pages => fields.extend(next.map(|next| ("next", next.to_owned()))),
            Door::Json => fields.extend(same.map(|(_, token)| ("request", token.clone()))),
        }
        let answer = self.act("/sign-in", &fields).await;
        self.keep_request(email);
        answer
    }

    /// Asks for one more letter of the newest request.
    pub(crate) async fn resend(&mut self) -> Answer {
        let fields = self.newest_request();
        let answer = self.act("/resend", &fields).await;
        if let Some((email, _)) = self.requests.first().cloned() {
            self.keep_request(&email);
        }
        answer
    }

    /// Types the code of a letter into the waiting page of the newest request.
    pub(crate) async fn type_code(&mut self, code: &str) -> Answer {
        let mut fields = self.newest_request();
        fields.push(("code", code.to_owned()));
        self.act("/code", &fields).await
    }

    /// Looks at a link without doing anything.
    pub(crate) async fn look_at(&mut self, link: &str) -> Answer {
        let path = path_of(link);
        let path = match self.door {
            Door::Pages => path,
            Door::Json => format!("/api{path}"),
        };
        let reply = self.get(&path).await;
        Self::answer(self.door, &reply)
    }

    /// Redeems a link with all this caller holds, as its landing page does by itself.
    pub(crate) async fn follow(&mut self, link: &str) -> Answer {
        let mut fields = vec![];
        if self.door == Door::Json {
            fields.extend(self.requests.first().map(|(_, token)| ("request", token.clone())));
        }
        self.act(&path_of(link), &fields).await
    }

    /// Redeems a link after ticking "I asked for this".
    pub(crate) async fn follow_deliberately(&mut self, link: &str) -> Answer {
        self.act(&path_of(link), &[("confirm", "yes".to_owned())]).await
    }

    /// Who is signed in here: the address, as the door tells it.
    pub(crate) async fn who(&mut self) -> Option<String> {
        match self.door {
            Door::Pages => {
                let reply = self.get("/profile").await;
                (reply.status == StatusCode::OK).then(|| text_of(&reply.body, "address").unwrap())
            }
            Door::Json => {
                let reply = self.get("/api/session").await;
                (reply.status == StatusCode::OK)
                    .then(|| reply.json()["account"]["email"].as_str().unwrap().to_owned())
            }
        }
    }

    pub(crate) async fn sign_out(&mut self) -> Answer {
        self.act("/sign-out", &[]).await
    }

    /// Sends an act with these fields: a form, or JSON.
    pub(crate) async fn act(&mut self, path: &str, fields: &[(&str, String)]) -> Answer {
        let reply = match self.door {
            Door::Pages => {
                let body = form_of(fields);
                self.post_form(path, &body).await
            }
            Door::Json => {
                let body: serde_json::Map<String, Value> =
                    fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
                self.post_json(path, &Value::Object(body).to_string()).await
            }
        };
        Self::answer(self.door, &reply)
    }

    pub(crate) async fn post_form(&mut self, path: &str, body: &str) -> Reply {
        let origin = format!("http://{}", self.host);
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", origin.as_str())];
        self.send(Method::POST, path, &headers, body).await
    }

    pub(crate) async fn post_json(&mut self, path: &str, body: &str) -> Reply {
        let path = format!("/api{path}");
        self.send(Method::POST, &path, &[("content-type", "application/json")], body).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], "").await
    }

    /// Sends anything, with what this caller keeps, and keeps what comes back.
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
        let mut all = vec![("host", self.host.as_str()), ("user-agent", "Firefox/145.0 on Linux")];
        all.extend_from_slice(headers);
        if !cookies.is_empty() {
            all.push(("cookie", &cookies));
        }
        if let Some(bearer) = &bearer {
            all.push(("authorization", bearer));
        }
        let reply = send(self.server, method, path, &all, body.to_owned()).await;
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

    fn keep_request(&mut self, email: &str) {
        let Some(reply) = &self.last else { return };
        if self.door != Door::Json || reply.status != StatusCode::ACCEPTED {
            return;
        }
        let token = reply.json()["request"].as_str().unwrap().to_owned();
        self.requests.retain(|(of, kept)| !of.eq_ignore_ascii_case(email) && *kept != token);
        self.requests.insert(0, (email.to_owned(), token));
    }

    fn newest_request(&self) -> Vec<(&'static str, String)> {
        match self.door {
            Door::Pages => vec![],
            Door::Json => {
                self.requests.first().map(|(_, token)| ("request", token.clone())).into_iter().collect()
            }
        }
    }

    fn answer(door: Door, reply: &Reply) -> Answer {
        let status = reply.status.as_u16();
        if status < 400 {
            return Answer::Done;
        }
        let (code, field) = match door {
            Door::Pages => (
                reply.header("x-problem").unwrap().to_owned(),
                reply.header("x-problem-field").map(str::to_owned),
            ),
            Door::Json => {
                assert_eq!(reply.header("content-type"), Some("application/problem+json"));
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

/// The path of a link in a letter.
pub(crate) fn path_of(link: &str) -> String {
    link.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned())).unwrap()
}

/// The text of the first element of a class in a page.
fn text_of(html: &str, class: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("class=\"{class}\">"))?;
    rest.split_once('<').map(|(text, _)| text.to_owned())
}
