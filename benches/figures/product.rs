//! Gatepost for benchmarks: in this process, on a real disk, with access to the keys.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatepost::app::{Parts, Running};
use gatepost::domain::ports::{Company, Store};
use gatepost::domain::record::limits;
use gatepost::domain::record::next::Place;
use gatepost::domain::record::registration::RegistrationMode;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::token::{KeyRing, LinkClaims};
use gatepost::domain::{Gatepost, Settings};
use gatepost::mail::{MailSettings, RecentLetters, Sender, Timeouts, TransportSettings};
use gatepost::path::Origin;
use gatepost::store::sled::{SledSettings, SledStore};
use gatepost::web::edge::{EdgeSettings, Hosts, Limits, Listen, Listener};
use gatepost::web::{Site, Survey, Surveyor};
use tokio_util::sync::CancellationToken;

use crate::load::Connection;
use crate::stopwatch;

/// How many emails are sent at once where nothing else is said.
pub(crate) const CONNECTIONS: usize = 4;

/// The password of every account that has one.
pub(crate) const PASSWORD: &str = "three quiet otters";

/// Limits that count everything, as usual, and let one client do as much as it can. Only the passwords of one address
/// are not counted: a few accounts sign in again and again.
fn plenty() -> limits::Limits {
    limits::Limits {
        mails_per_client_hour: usize::MAX,
        mails_per_hour: usize::MAX,
        tries_per_client_5m: usize::MAX,
        tries_per_address_15m: 0,
        ..limits::Limits::default()
    }
}

/// Where a product keeps its records, who else uses them, and with which keys.
pub(crate) struct Ground {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) company: Company,
    pub(crate) keys: String,
}

/// Links that were not used yet, with the bodies that redeem them, for each connection.
pub(crate) struct Links(Vec<(Connection, Vec<(String, String)>)>);

/// Looks at nothing: no figure is about the pages for administrators.
struct Lookout;

impl Surveyor for Lookout {
    fn survey(&self) -> Survey {
        Survey { engine: "sled", disk_free_bytes: None, warnings: Vec::new(), at: Timestamp::default() }
    }
}

/// A running server and its keys. With the keys, the benchmark creates the links that emails contain.
pub(crate) struct Product {
    pub(crate) server: SocketAddr,
    pub(crate) gatepost: Arc<Gatepost>,
    ring: KeyRing,
}

impl Product {
    pub(crate) async fn start(folder: &Path, port: u16, settings: Settings) -> Self {
        let transport = TransportSettings::Mailbox(Arc::new(RecentLetters::new()));
        Self::start_with(folder, port, settings, (transport, CONNECTIONS)).await
    }

    pub(crate) async fn start_with(
        folder: &Path,
        port: u16,
        settings: Settings,
        mail: (TransportSettings, usize),
    ) -> Self {
        let world = gatepost::world::real();
        let store = SledStore::open(folder, &SledSettings::new(world.random())).expect("an empty store");
        let keys = KeyRing::generate(&world);
        let ground = Ground { store: Arc::new(store), company: Company::Alone, keys };
        Self::start_on(ground, port, settings, mail).await
    }

    pub(crate) async fn start_on(
        ground: Ground,
        port: u16,
        settings: Settings,
        (transport, connections): (TransportSettings, usize),
    ) -> Self {
        let Ground { store, company, keys } = ground;
        let world = gatepost::world::real();
        let ring = || KeyRing::parse(&keys).expect("a new key ring");
        let listen = Listen::parse(&format!("127.0.0.1:{port}")).expect("an address");
        let listener = Listener::bind(&listen).expect("a free port");
        let server = listener.address().expect("a TCP address");
        let origin = Origin::parse(&format!("http://localhost:{}", server.port())).expect("an origin");
        let running = Running::open(Parts {
            store,
            company,
            ring: ring(),
            world,
            domain: Settings { limits: plenty(), ..settings },
            mail: MailSettings {
                per_minute: 0,
                transport,
                from: Sender::parse("Gatepost <gatepost@localhost>").expect("a sender"),
                public_url: origin.clone(),
                name: "Gatepost".into(),
                connections,
                timeouts: Timeouts::default(),
            },
            site: Site {
                name: "Gatepost".into(),
                public_url: origin.clone(),
                home: Place::parse("/").expect("a path"),
                registration: RegistrationMode::Open,
                has_mailbox: true,
                metrics_token: None,
                settings: vec![],
                dangers: vec![],
            },
            surveyor: Arc::new(Lookout),
            edge: EdgeSettings {
                public_url: origin,
                trusted_proxies: vec![],
                hosts: Hosts::default(),
                limits: Limits::default(),
            },
        });
        let running = running.await.expect("the house opens");
        let gatepost = Arc::clone(&running.house().gatepost);
        tokio::spawn(running.run(listener, CancellationToken::new()));
        Self { server, gatepost, ring: ring() }
    }

    /// Requests an email. Returns the path of its link and the body that redeems it.
    pub(crate) async fn ask(&self, connection: &mut Connection, path: &str, body: &str) -> (String, String) {
        let answer = connection.send(&post(self.server, path, body)).await;
        assert_eq!(answer.status, 202);
        let queued: serde_json::Value = serde_json::from_slice(answer.body).expect("JSON");
        let held = queued["request"].as_str().expect("a request token");
        let nonce = self.ring.open_request(held).expect("our own token");
        let claims = LinkClaims { key: self.ring.newest(), nonce, generation: 0 };
        let link = self.ring.seal_link(&claims).expect("our own key");
        (format!("/api/link/{}", link.as_str()), format!(r#"{{"request":"{held}"}}"#))
    }

    /// Links redeemed per second. They are requested beforehand, each for an address of its own, and each is used once.
    pub(crate) async fn redemptions(&self, connections: usize, email: impl Fn(usize) -> String) -> f64 {
        self.redeem(self.links(connections, email).await).await
    }

    /// Requests the links to be redeemed. Returns once their emails have been delivered.
    pub(crate) async fn links(&self, connections: usize, email: impl Fn(usize) -> String) -> Links {
        const LINKS_EACH: usize = 400;
        let mut ready = Vec::new();
        for number in 0..connections {
            let mut connection = Connection::open(self.server).await;
            let mut links = Vec::new();
            for link in 0..LINKS_EACH {
                let body = format!(r#"{{"email":"{}"}}"#, email(number * LINKS_EACH + link));
                links.push(self.ask(&mut connection, "/api/sign-in", &body).await);
            }
            ready.push((connection, links));
        }
        self.delivered().await;
        Links(ready)
    }

    /// How many of the links are redeemed per second.
    pub(crate) async fn redeem(&self, Links(ready): Links) -> f64 {
        let server = self.server;
        let count: usize = ready.iter().map(|(_, links)| links.len()).sum();
        let elapsed = stopwatch();
        let mut tasks = Vec::new();
        for (mut connection, links) in ready {
            tasks.push(tokio::spawn(async move {
                for (path, held) in links {
                    assert_eq!(connection.send(&post(server, &path, &held)).await.status, 200);
                }
            }));
        }
        for task in tasks {
            task.await.expect("every link is redeemed");
        }
        f64::from(u32::try_from(count).expect("not so many")) / elapsed().as_secs_f64()
    }

    /// Registers with a password, and confirms that with the link in the email.
    pub(crate) async fn register(&self, connection: &mut Connection, email: &str) {
        let (link, held) = self.ask(connection, "/api/register", &credentials(email)).await;
        assert_eq!(connection.send(&post(self.server, &link, &held)).await.status, 200);
    }

    /// Signs in with the password. Returns the session token.
    pub(crate) async fn sign_in_with_password(&self, connection: &mut Connection, email: &str) -> String {
        let answer = connection.send(&post(self.server, "/api/sign-in/password", &credentials(email))).await;
        assert_eq!(answer.status, 200);
        session_token(answer.body)
    }

    /// Returns once every queued email has been delivered, and how long that took.
    pub(crate) async fn delivered(&self) -> Duration {
        let elapsed = stopwatch();
        while self.gatepost.has_letters().await.expect("the outbox can be read") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        elapsed()
    }

    /// Signs in by email. Returns the session token.
    pub(crate) async fn sign_in(&self, email: &str) -> String {
        let mut connection = Connection::open(self.server).await;
        let body = format!(r#"{{"email":"{email}"}}"#);
        let (path, held) = self.ask(&mut connection, "/api/sign-in", &body).await;
        let answer = connection.send(&post(self.server, &path, &held)).await;
        session_token(answer.body)
    }
}

/// The token in the response to a sign-in.
fn session_token(body: &[u8]) -> String {
    let outcome: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    outcome["session"]["token"].as_str().expect("a session").to_owned()
}

/// The body of a request with the password.
pub(crate) fn credentials(email: &str) -> String {
    format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#)
}

/// The bytes of a GET request with these header lines.
pub(crate) fn get(server: SocketAddr, path: &str, lines: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost:{}\r\n{lines}\r\n", server.port()).into_bytes()
}

/// The bytes of a POST request with a JSON body.
pub(crate) fn post(server: SocketAddr, path: &str, body: &str) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost:{}\r\n", server.port());
    let lines = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    (head + &lines + body).into_bytes()
}
