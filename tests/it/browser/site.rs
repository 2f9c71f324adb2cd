//! What the browser looks at: the pages on a port of their own, over a store and a mailbox in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use gatepost::domain::address::EmailAddress;
use gatepost::domain::client::{Client, device};
use gatepost::domain::ids::LetterId;
use gatepost::domain::key::{Key, Span};
use gatepost::domain::letter::Contents;
use gatepost::domain::next::Next;
use gatepost::domain::outbox::Delivery;
use gatepost::domain::ports::{
    Change, Committed, Mailbox, Record, ShownLetter, Store, StoreError, Version, Versioned,
};
use gatepost::domain::token::KeyRing;
use gatepost::domain::{Gatepost, Settings};
use gatepost::path::{self, Origin};
use gatepost::web::problem::Problem;
use gatepost::web::{Door, House, Site as PageSite, pages};
use gatepost::world;
use poem::listener::TcpAcceptor;
use poem::{Endpoint, EndpointExt, Request, Response, Server};
use tokio::sync::watch;

/// A letter, as the person sees it.
pub(super) struct Letter {
    pub(super) link: String,
    pub(super) code: String,
}

/// A running server.
pub(super) struct Site {
    base_url: String,
    mailbox: Arc<Letters>,
    read: Mutex<u64>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Site {
    /// Starts one.
    pub(super) async fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let base_url = format!("http://localhost:{port}");
        let world = world::real();
        let ring = KeyRing::parse(&KeyRing::generate(&world)).unwrap();
        let settings = Settings {
            link_lifetime: Duration::from_mins(10),
            registration: true,
            session_idle: Duration::from_hours(24 * 7),
            session_absolute: Duration::from_hours(24 * 30),
        };
        let gatepost =
            Arc::new(Gatepost::open(Arc::new(Memory::default()), world, ring, settings).await.unwrap());
        let mailbox = Arc::new(Letters { kept: Mutex::default(), arrivals: watch::Sender::new(0) });
        let site = Arc::new(PageSite {
            name: "Gatepost".into(),
            public_url: Origin::parse(&base_url).unwrap(),
            home: Next::parse("/").unwrap(),
            has_mailbox: true,
        });
        let house = House { gatepost: gatepost.clone(), mailbox: Some(mailbox.clone()), site: site.clone() };
        let endpoint = pages::routes(&house).around(move |pages, request| edge(pages, request, site.clone()));
        let server = Server::new_with_acceptor(TcpAcceptor::from_std(listener).unwrap());
        let serve = tokio::spawn(async move { server.run(endpoint).await.unwrap() });
        let carrier = tokio::spawn(carry(gatepost, mailbox.clone(), house.site.public_url.clone()));
        Self { base_url, mailbox, read: Mutex::new(0), tasks: vec![serve, carrier] }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// The next letter that was not read yet; waits for it.
    pub(super) async fn letter(&self, to: &str) -> Letter {
        let seen = *self.read.lock().unwrap();
        let arrival = self.mailbox.arrival_after(seen);
        tokio::time::timeout(Duration::from_secs(10), arrival).await.expect("a letter comes");
        *self.read.lock().unwrap() += 1;
        let to = EmailAddress::parse(to).unwrap();
        let letter = self.mailbox.letters(Some(&to)).into_iter().next().unwrap();
        Letter { link: letter.link.unwrap(), code: letter.code.unwrap().as_str().to_owned() }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

async fn edge<E: Endpoint<Output = Response>>(
    pages: Arc<E>,
    mut request: Request,
    site: Arc<PageSite>,
) -> poem::Result<Response> {
    let user_agent = request.header("user-agent").unwrap_or_default().to_owned();
    let client =
        Client { ip: [127, 0, 0, 1].into(), device: device(&user_agent), request_id: "4f1c9a20".into() };
    request.extensions_mut().insert(client);
    let mut response = match pages.call(request).await {
        Ok(response) => response,
        Err(error) => Problem::from_error(&error).draw(Door::Pages, &site, "4f1c9a20"),
    };
    let headers = response.headers_mut();
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                  connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    headers.insert("content-security-policy", policy.parse().unwrap());
    headers.entry("cache-control").or_insert("no-store".parse().unwrap());
    Ok(response)
}

async fn carry(gatepost: Arc<Gatepost>, mailbox: Arc<Letters>, origin: Origin) {
    loop {
        for claim in gatepost.claim_letters(10).await.unwrap() {
            if let Some(contents) = gatepost.contents(&claim).await.unwrap() {
                mailbox.put(write(contents, &origin));
                gatepost.delivered(&claim, Delivery::Taken).await.unwrap();
            }
        }
        gatepost.letter_owed().await;
    }
}

fn write(contents: Contents, origin: &Origin) -> ShownLetter {
    let secrets = contents.secrets.unwrap();
    let link = origin.link(&path::link(secrets.link.as_str()));
    let text = format!("Sign in to Gatepost:\n\n{link}\n\nOr type this code:\n\n{}\n", secrets.code.as_str());
    ShownLetter {
        id: contents.id,
        to: contents.to,
        subject: "Sign in to Gatepost".into(),
        html: format!("<p style=\"color:red\">{text}</p>"),
        text,
        link: Some(link),
        code: Some(secrets.code),
        created_at: contents.queued_at,
    }
}

struct Letters {
    kept: Mutex<Vec<ShownLetter>>,
    arrivals: watch::Sender<u64>,
}

impl Letters {
    fn put(&self, letter: ShownLetter) {
        self.kept.lock().unwrap().insert(0, letter);
        self.arrivals.send_modify(|arrivals| *arrivals += 1);
    }
}

#[async_trait]
impl Mailbox for Letters {
    fn letters(&self, to: Option<&EmailAddress>) -> Vec<ShownLetter> {
        let kept = self.kept.lock().unwrap();
        kept.iter()
            .filter(|letter| to.is_none_or(|to| to.canonical() == letter.to.canonical()))
            .cloned()
            .collect()
    }

    fn letter(&self, id: LetterId) -> Option<ShownLetter> {
        self.kept.lock().unwrap().iter().find(|letter| letter.id == id).cloned()
    }

    fn arrivals(&self) -> u64 {
        *self.arrivals.borrow()
    }

    async fn arrival_after(&self, seen: u64) {
        let _ = self.arrivals.subscribe().wait_for(|arrivals| *arrivals > seen).await;
    }
}

#[derive(Default)]
struct Memory(Mutex<(u64, BTreeMap<Key, Versioned>)>);

#[async_trait]
impl Store for Memory {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        let map = self.0.lock().unwrap();
        Ok(keys.iter().map(|key| map.1.get(key).cloned()).collect())
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Versioned)>, StoreError> {
        let map = self.0.lock().unwrap();
        let found = map.1.iter().filter(|(key, _)| span.holds(key));
        Ok(found.take(limit).map(|(key, record)| (key.clone(), record.clone())).collect())
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        let mut map = self.0.lock().unwrap();
        let version = |key| map.1.get(key).map(|record| record.version);
        if change.expectations.iter().any(|(key, expected)| version(key) != *expected) {
            return Ok(Committed::Conflict);
        }
        map.0 += 1;
        let version = Version(map.0);
        let put = |record: Record| Versioned { record, version };
        for (key, record) in change.writes {
            match record {
                Some(record) => map.1.insert(key, put(record)),
                None => map.1.remove(&key),
            };
        }
        Ok(Committed::Yes)
    }

    fn writable(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
