//! The JSON door as a program uses it: the whole product on a real port, and a client that sends exactly what
//! a test gives it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::Gatepost;
use gatepost::domain::Settings;
use gatepost::domain::outbox::Places;
use gatepost::domain::ports::ShownLetter;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::mail::{SmtpServer, SmtpSettings, TransportSettings};
use gatepost::store::memory::MemoryStore;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::http::{Reply, send};
use crate::harness::inbox::Inbox;
use crate::harness::running::{Work, start};
use crate::harness::world::{TestClock, world};

pub(super) const ANN: &str = "ann@example.org";

const JSON: (&str, &str) = ("content-type", "application/json");

/// A server and its emails.
pub(super) struct Server {
    address: SocketAddr,
    host: String,
    inbox: Inbox,
    gatepost: Arc<Gatepost>,
    clock: Arc<TestClock>,
    _work: Work,
}

impl Reply {
    /// Status, code and field of a refusal. Fails for any other response.
    pub(super) fn refusal(&self) -> (u16, String, Option<String>) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        let code = body["code"].as_str().unwrap();
        assert_eq!(body["type"], format!("/api/docs#{code}"));
        (self.status.as_u16(), code.to_owned(), body["field"].as_str().map(str::to_owned))
    }
}

impl Server {
    /// Starts a server with a mailbox.
    pub(super) async fn start() -> Self {
        let inbox = Inbox::default();
        Self::with(inbox.transport(), inbox).await
    }

    /// Starts a server without a mailbox. It is configured with a mail server that does not exist.
    pub(super) async fn start_with_smtp() -> Self {
        let server = SmtpServer::parse("smtp://127.0.0.1:9?tls=none").unwrap();
        let transport = TransportSettings::Smtp(SmtpSettings { server, trusted: vec![] });
        Self::with(transport, Inbox::default()).await
    }

    async fn with(transport: TransportSettings, inbox: Inbox) -> Self {
        let (store, (world, clock)) = (Arc::new(MemoryStore::new()), world());
        let (address, house, work) = start(store, world, transport, Settings::default()).await;
        let host = format!("localhost:{}", address.port());
        Self { address, host, inbox, gatepost: house.gatepost.clone(), clock, _work: work }
    }

    /// Sends a request with these headers and the Host of the server.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let headers = [&[("host", self.host.as_str())], headers].concat();
        send(self.address, method, path, &headers, body.to_owned()).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.get_with(path, &[]).await
    }

    pub(super) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send(Method::GET, path, headers, "").await
    }

    pub(super) async fn get_as(&self, token: &str, path: &str) -> Reply {
        self.get_with(path, &[("authorization", &format!("Bearer {token}"))]).await
    }

    pub(super) async fn post(&self, path: &str, body: impl Into<Value>) -> Reply {
        self.post_with(path, &[], body).await
    }

    pub(super) async fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Value>,
    ) -> Reply {
        self.post_text(path, headers, &body.into().to_string()).await
    }

    /// A POST that claims to be JSON, whatever the text is.
    pub(super) async fn post_text(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.send(Method::POST, path, &[&[JSON], headers].concat(), body).await
    }

    /// A POST that claims to be JSON, whatever the bytes are.
    pub(super) async fn post_bytes(&self, path: &str, body: Vec<u8>) -> Reply {
        let headers = [("host", self.host.as_str()), JSON];
        send(self.address, Method::POST, path, &headers, body).await
    }

    /// A GET with HTTP/1.0, which some proxies use. Returns the whole response.
    pub(super) async fn get_in_http_1_0(&self, path: &str) -> String {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let head = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.host);
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Requests an email to `address`. Returns the `request`, and the email once it has arrived.
    pub(super) async fn letter_to(&self, address: &str) -> (String, ShownLetter) {
        let queued = self.post("/api/sign-in", json!({ "email": address })).await;
        assert_eq!(queued.status, StatusCode::ACCEPTED, "{queued:?}");
        let request = queued.json()["request"].as_str().unwrap().to_owned();
        (request, self.next_letter_to(address).await)
    }

    /// The next email to `address`.
    pub(super) async fn next_letter_to(&self, address: &str) -> ShownLetter {
        self.inbox.next_to(address).await
    }

    /// Lets the time pass after which another email can be requested.
    pub(super) fn pass_half_a_minute(&self) {
        self.clock.advance(Duration::from_secs(30));
    }

    /// Requests an email to `address` that stays queued until `post_goes_on`: this claims it before the
    /// worker can.
    pub(super) async fn ask_while_post_rests(&self, address: &str) {
        let to = EmailAddress::parse(address).unwrap();
        self.gatepost.request_sign_in(&to, None, &[], &Client::server()).await.unwrap();
        let one = Places { usual: 1, all: 1, ..Places::default() };
        assert_eq!(self.gatepost.claim_letters(one, &HashSet::new()).await.unwrap().len(), 1);
    }

    /// Lets time pass until every claim has expired.
    pub(super) fn post_goes_on(&self) {
        self.clock.advance(Duration::from_mins(15));
    }

    /// Signs in to `address` with an emailed code. Returns the session token.
    pub(super) async fn sign_in(&self, address: &str) -> String {
        let (request, letter) = self.letter_to(address).await;
        let code = letter.code.unwrap();
        let outcome = self.post("/api/code", json!({ "request": request, "code": code.as_str() })).await;
        outcome.json()["session"]["token"].as_str().unwrap().to_owned()
    }
}

/// The last part of the link in an email.
pub(super) fn token(letter: &ShownLetter) -> String {
    letter.link.as_deref().unwrap().rsplit('/').next().unwrap().to_owned()
}
