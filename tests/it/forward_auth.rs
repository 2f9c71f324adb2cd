//! The responses to a proxy in front of an app. `proxy` has the tests with real proxies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use gatepost::domain::Settings;
use gatepost::domain::ports::{Change, Committed, Reading, Store, StoreError, Versioned};
use gatepost::domain::record::key::{Key, Span};
use gatepost::store::memory::MemoryStore;
use hyper::Method;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::http::Reply;
use crate::harness::inbox::Inbox;
use crate::harness::process::{Process, free_address};
use crate::harness::running::start;
use crate::harness::world::world;

const PATH: &str = "/forward-auth";
const ANN: &str = "ann@example.org";

/// The status, and the values of both headers.
fn identity(reply: &Reply) -> (u16, &str, &str) {
    assert_eq!(reply.headers.get_all("remote-user").iter().count(), 1, "{reply:?}");
    assert_eq!(reply.headers.get_all("remote-email").iter().count(), 1, "{reply:?}");
    assert_eq!(reply.header("www-authenticate"), None);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    (reply.status.as_u16(), reply.header("remote-user").unwrap(), reply.header("remote-email").unwrap())
}

#[tokio::test]
async fn a_session_is_identified_by_account_and_address_until_it_ends() {
    let app = App::start().await;
    let mut stranger = app.caller(Door::Pages);
    let mut ann = app.signed_in(Door::Pages, "Ann@example.org").await;
    let bearer =
        format!("Bearer {}", ann.cookies.iter().find(|(name, _)| name.ends_with("session")).unwrap().1);
    let session = stranger.send(Method::GET, "/api/session", &[("authorization", &bearer)], "").await;
    let id = session.json()["account"]["id"].as_str().unwrap().to_owned();
    for method in [Method::GET, Method::HEAD] {
        let reply = ann.send(method.clone(), PATH, &[], "").await;
        assert_eq!(identity(&reply), (204, id.as_str(), "Ann@example.org"));
        let reply = stranger.send(method, PATH, &[], "").await;
        assert_eq!((identity(&reply), reply.body.as_str()), ((401, "", ""), ""));
    }
    let mut copy = ann.clone();
    ann.sign_out().await;
    assert_eq!(identity(&copy.get(PATH).await), (401, "", ""));
}

#[tokio::test]
async fn only_the_cookie_identifies_a_person() {
    let app = App::start().await;
    let ann = app.signed_in(Door::Pages, ANN).await;
    let token = ann.cookies.iter().find(|(name, _)| name == "gatepost_session").unwrap().1.clone();
    let bearer = format!("Bearer {token}");
    let twice = format!("gatepost_session={token}; gatepost_session={token}");
    let other_name = format!("__Host-gatepost_session={token}");
    for (name, value) in [
        ("authorization", bearer.as_str()),
        ("remote-user", "mallory"),
        ("x-forwarded-uri", "/healthz"),
        ("x-forwarded-method", "OPTIONS"),
        ("x-original-url", "/assets/icon.svg"),
        ("x-forwarded-host", "localhost"),
        ("cookie", &twice),
        ("cookie", &other_name),
        ("cookie", "gatepost_session="),
    ] {
        let reply = app.caller(Door::Pages).send(Method::GET, PATH, &[(name, value)], "").await;
        assert_eq!(identity(&reply), (401, "", ""), "{name}: {value}");
    }
}

/// A proxy asks about a form with the head of that form, and sends no body.
#[tokio::test]
async fn the_length_of_a_body_that_is_not_sent_does_not_matter() {
    let app = App::start().await;
    let mut ann = app.signed_in(Door::Pages, ANN).await;
    let asked = ann.send(Method::GET, PATH, &[], &"x".repeat(20_000)).await;
    assert_eq!((identity(&asked).0, identity(&asked).2), (204, ANN));
}

/// A proxy replaces the client's headers with ours. If one of ours were missing, the client's would stay.
#[tokio::test]
async fn every_refusal_has_both_headers_and_they_are_empty() {
    let app = App::start().await;
    let mut ann = app.signed_in(Door::Pages, ANN).await;
    let wrong_host = crate::harness::http::send(app.server, Method::GET, PATH, &[("host", "x")], "").await;
    assert_eq!(identity(&wrong_host), (421, "", ""));
    assert_eq!(identity(&ann.post_form(PATH, "").await), (405, "", ""));
    // No other path has these headers.
    assert_eq!(ann.get("/forward-auth/").await.header("remote-user"), None);
    assert_eq!(ann.get("/profile").await.header("remote-user"), None);
}

/// A store that can become unreachable.
#[derive(Default)]
struct RemoteStore {
    inner: MemoryStore,
    is_away: AtomicBool,
}

impl RemoteStore {
    fn reached(&self) -> Result<&MemoryStore, StoreError> {
        let is_away = self.is_away.load(Ordering::SeqCst);
        if is_away { Err(StoreError::Refused("out of reach".into())) } else { Ok(&self.inner) }
    }
}

#[async_trait]
impl Store for RemoteStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        self.reached()?.get(keys).await
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Reading)>, StoreError> {
        self.reached()?.scan(span, limit).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.reached()?.commit(change).await
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.reached()?.writable()
    }
}

#[tokio::test]
async fn while_the_store_is_unreachable_both_headers_are_empty() {
    let (store, inbox) = (Arc::new(RemoteStore::default()), Inbox::default());
    let (server, _, _work) = start(store.clone(), world().0, inbox.transport(), Settings::default()).await;
    let mut ann = Caller::new(Door::Pages, server);
    ann.ask(ANN).await;
    ann.follow(&inbox.next_to(ANN).await.link.unwrap()).await;
    assert_eq!(identity(&ann.get(PATH).await).0, 204);
    store.is_away.store(true, Ordering::SeqCst);
    let reply = ann.get(PATH).await;
    assert_eq!((identity(&reply), reply.body.as_str()), ((503, "", ""), ""));
    assert!(reply.header("retry-after").is_some());
    store.is_away.store(false, Ordering::SeqCst);
    assert_eq!(identity(&ann.get(PATH).await).0, 204);
}

/// Uses the built binary, where an operator sets `home`.
#[tokio::test]
async fn signing_in_without_next_leads_home() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [("GATEPOST_HOME", "/app/")];
    let server = Process::start(&folder.path().join("data"), free_address(), &environment);
    for (email, next, destination) in [
        (ANN, None, "/app/"),
        ("bob@example.org", Some("/other"), "/other"),
        ("eve@example.org", Some("//evil.example"), "/app/"),
    ] {
        let mut caller = Caller::new(Door::Pages, server.address);
        assert_eq!(caller.ask_for(email, next).await, Answer::Done);
        let letters = caller.get(&format!("/api/mailbox?to={email}&wait=20")).await.json();
        let link = letters["letters"][0]["link"].as_str().unwrap();
        assert_eq!(caller.follow(link).await, Answer::Done);
        assert_eq!(caller.leads_to().as_deref(), Some(destination), "{next:?}");
        assert_eq!(caller.get("/sign-in").await.header("location"), Some("/app/"));
    }
}
