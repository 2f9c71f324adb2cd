//! The JSON door as a program meets it, the edge aside: requests in, drawn answers out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use gatepost::domain::address::EmailAddress;
use gatepost::domain::client::Client;
use gatepost::domain::ids::LetterId;
use gatepost::domain::key::{Key, Span};
use gatepost::domain::letter::LetterKind;
use gatepost::domain::next::Next;
use gatepost::domain::outbox::Delivery;
use gatepost::domain::ports::{
    Change, Clock, Committed, Entropy, Mailbox, ShownLetter, Store, StoreError, Version, Versioned, World,
};
use gatepost::domain::time::Timestamp;
use gatepost::domain::token::KeyRing;
use gatepost::domain::{Gatepost, Settings};
use gatepost::path::Origin;
use gatepost::web::problem::Problem;
use gatepost::web::{Door, House, Site, api};
use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderMap, Method, StatusCode};
use poem::{Body, Endpoint, EndpointExt, Request, Response, Route};
use serde_json::Value;

use tokio::sync::watch;

pub(super) const ANN: &str = "ann@example.org";

/// A server behind its JSON door.
pub(super) struct Server {
    endpoint: BoxEndpoint<'static, Response>,
    site: Arc<Site>,
    gatepost: Arc<Gatepost>,
    pub(super) post: Arc<Post>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Status, code and field of a refusal; fails for anything that is none.
    pub(super) fn refusal(&self) -> (u16, String, Option<String>) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        let code = body["code"].as_str().unwrap();
        assert_eq!(body["type"], format!("/api/docs#{code}"));
        (self.status.as_u16(), code.to_owned(), body["field"].as_str().map(str::to_owned))
    }
}

pub(super) enum Letterbox {
    Mailbox,
    None,
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::start_with(Letterbox::Mailbox).await
    }

    pub(super) async fn start_with(letterbox: Letterbox) -> Self {
        let world = World { clock: Arc::new(Standstill), entropy: Arc::new(Counter::default()) };
        let ring = KeyRing::parse(&KeyRing::generate(&world)).unwrap();
        let settings = Settings {
            link_lifetime: Duration::from_mins(10),
            registration: true,
            session_idle: Duration::from_hours(24 * 7),
            session_absolute: Duration::from_hours(24 * 30),
        };
        let store = Arc::new(MemoryStore::default());
        let gatepost = Arc::new(Gatepost::open(store, world, ring, settings).await.unwrap());
        let post = Arc::new(Post::default());
        let site = Arc::new(Site {
            name: "Gatepost".into(),
            public_url: Origin::parse("http://localhost:8080").unwrap(),
            home: Next::parse("/").unwrap(),
            has_mailbox: true,
        });
        let mailbox: Option<Arc<dyn Mailbox>> = match letterbox {
            Letterbox::Mailbox => Some(post.clone()),
            Letterbox::None => None,
        };
        let house = House { gatepost: gatepost.clone(), mailbox, site: site.clone() };
        let endpoint = Route::new().nest("/api", api::routes(house)).data(Client::server()).boxed();
        Self { endpoint, site, gatepost, post }
    }

    pub(super) async fn send(&self, request: Request) -> Answer {
        let mut response = match self.endpoint.call(request).await {
            Ok(response) => response,
            Err(error) => Problem::from_error(&error).draw(Door::Json, &self.site, "request-1"),
        };
        let text = response.take_body().into_string().await.unwrap();
        Answer { status: response.status(), headers: response.headers().clone(), text }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(Request::builder().uri_str(path).finish()).await
    }

    pub(super) async fn get_as(&self, token: &str, path: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send(Request::builder().uri_str(path).header("authorization", bearer).finish()).await
    }

    pub(super) async fn post(&self, path: &str, body: impl Into<Value>) -> Answer {
        self.send(post(path, body.into().to_string())).await
    }

    /// Does what the outbox worker does, once.
    pub(super) async fn deliver(&self) {
        for claim in self.gatepost.claim_letters(50).await.unwrap() {
            let contents = self.gatepost.contents(&claim).await.unwrap().unwrap();
            assert_eq!(contents.kind, LetterKind::SignIn);
            let secrets = contents.secrets.unwrap();
            self.post.put(ShownLetter {
                id: contents.id,
                to: contents.to,
                subject: "Sign in".into(),
                text: "text".into(),
                html: "html".into(),
                link: Some(self.site.public_url.link(&gatepost::path::link(secrets.link.as_str()))),
                code: Some(secrets.code),
                created_at: contents.queued_at,
            });
            self.gatepost.delivered(&claim, Delivery::Taken).await.unwrap();
        }
    }

    /// Asks for a letter to `address` and has it delivered: the `request`, and the letter.
    pub(super) async fn letter_to(&self, address: &str) -> (String, ShownLetter) {
        let queued = self.post("/api/sign-in", serde_json::json!({ "email": address })).await;
        assert_eq!(queued.status, StatusCode::ACCEPTED, "{queued:?}");
        self.deliver().await;
        let letters = self.post.letters(Some(&EmailAddress::parse(address).unwrap()));
        (queued.json()["request"].as_str().unwrap().to_owned(), letters[0].clone())
    }

    /// Signs `address` in by the code of a letter: the session's token.
    pub(super) async fn sign_in(&self, address: &str) -> String {
        let (request, letter) = self.letter_to(address).await;
        let code = letter.code.unwrap();
        let body = serde_json::json!({ "request": request, "code": code.as_str() });
        let outcome = self.post("/api/code", body).await;
        outcome.json()["session"]["token"].as_str().unwrap().to_owned()
    }
}

/// A POST of JSON.
pub(super) fn post(path: &str, body: impl Into<Body>) -> Request {
    Request::builder().method(Method::POST).uri_str(path).content_type("application/json").body(body)
}

/// The last part of a letter's link.
pub(super) fn token(letter: &ShownLetter) -> String {
    letter.link.as_deref().unwrap().rsplit('/').next().unwrap().to_owned()
}

struct Standstill;

#[async_trait]
impl Clock for Standstill {
    fn now(&self) -> Timestamp {
        Timestamp(1_793_610_000_000)
    }

    async fn sleep_until(&self, _: Timestamp) {}
}

#[derive(Default)]
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            byte.copy_from_slice(&next.to_be_bytes()[..byte.len()]);
        }
    }
}

#[derive(Default)]
struct MemoryStore(Mutex<(u64, BTreeMap<Key, Versioned>)>);

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        let held = self.0.lock().unwrap();
        Ok(keys.iter().map(|key| held.1.get(key).cloned()).collect())
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Versioned)>, StoreError> {
        let held = self.0.lock().unwrap();
        let found = held.1.range(span.from.clone()..span.until.clone());
        Ok(found.take(limit).map(|(key, found)| (key.clone(), found.clone())).collect())
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        let mut held = self.0.lock().unwrap();
        let holds =
            |(key, version): &(Key, Option<Version>)| held.1.get(key).map(|it| it.version) == *version;
        if !change.expectations.iter().all(holds) {
            return Ok(Committed::Conflict);
        }
        for (key, record) in change.writes {
            held.0 += 1;
            let version = Version(held.0);
            match record {
                Some(record) => drop(held.1.insert(key, Versioned { record, version })),
                None => drop(held.1.remove(&key)),
            }
        }
        Ok(Committed::Yes)
    }

    fn writable(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The letters that came.
pub(super) struct Post {
    letters: Mutex<Vec<ShownLetter>>,
    arrivals: watch::Sender<u64>,
}

impl Default for Post {
    fn default() -> Self {
        Self { letters: Mutex::default(), arrivals: watch::Sender::new(0) }
    }
}

impl Post {
    fn put(&self, letter: ShownLetter) {
        self.letters.lock().unwrap().insert(0, letter);
        self.arrivals.send_modify(|arrivals| *arrivals += 1);
    }

    /// Returns once somebody waits for a letter.
    pub(super) async fn somebody_waits(&self) {
        while self.arrivals.receiver_count() == 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl Mailbox for Post {
    fn letters(&self, to: Option<&EmailAddress>) -> Vec<ShownLetter> {
        let letters = self.letters.lock().unwrap();
        let is_to = |it: &&ShownLetter| to.is_none_or(|to| it.to.canonical() == to.canonical());
        letters.iter().filter(is_to).cloned().collect()
    }

    fn letter(&self, id: LetterId) -> Option<ShownLetter> {
        self.letters.lock().unwrap().iter().find(|letter| letter.id == id).cloned()
    }

    fn arrivals(&self) -> u64 {
        *self.arrivals.borrow()
    }

    async fn arrival_after(&self, seen: u64) {
        let mut arrivals = self.arrivals.subscribe();
        arrivals.wait_for(|arrivals| *arrivals > seen).await.unwrap();
    }
}
