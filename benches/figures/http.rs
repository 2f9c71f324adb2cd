//! The product over HTTP on loopback, beside a bare poem handler, in turns in one run.

use std::net::SocketAddr;
use std::sync::Arc;

use gatepost::app::{Parts, Running};
use gatepost::domain::Settings;
use gatepost::domain::next::Next;
use gatepost::domain::token::{KeyRing, LinkClaims};
use gatepost::mail::{MailSettings, Patience, RecentLetters, Sender, TransportSettings};
use gatepost::path::Origin;
use gatepost::store::sled::{SledSettings, SledStore};
use gatepost::web::Site;
use gatepost::web::edge::{EdgeSettings, Limits, Listen, Listener};
use poem::listener::TcpListener;
use poem::{Route, Server, get, handler};
use tokio_util::sync::CancellationToken;

use crate::load::{Connection, rate};
use crate::{median, row, stopwatch};

const WINDOWS: usize = 5;
const LIKELY_PORT: u16 = 18_090;

/// A running product and its keys, with which the benchmark makes the links that mails would bring.
struct Product {
    server: SocketAddr,
    ring: KeyRing,
}

/// Prints a row for each kind of request.
pub(crate) async fn measure() {
    let folder = tempfile::tempdir_in(".").expect("a folder on a real disk");
    let product = start(folder.path()).await;
    let bare = start_bare().await;
    let bearer = format!("Authorization: Bearer {}\r\n", sign_in(&product).await);

    let (mut page, mut session, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..WINDOWS {
        plain.push(rate(bare, same(&get_request("/", ""))).await);
        page.push(rate(product.server, same(&get_request("/sign-in", ""))).await);
        session.push(rate(product.server, same(&get_request("/api/session", &bearer))).await);
    }
    let plain = median(plain);
    print("sign-in page", median(page), plain);
    print("session check, revocable at once", median(session), plain);

    let asked = rate(product.server, |turn| {
        post_request("/api/sign-in", &format!(r#"{{"email":"ask{turn}@example.org"}}"#))
    });
    print("link request: durable, mail owed", asked.await, plain);
    print("redemption: link to session, single use, durable", redemptions(&product).await, plain);
}

fn print(what: &str, figure: f64, plain: f64) {
    let beside = format!("{plain:.0} /s, a bare poem handler");
    row(what, &format!("{figure:.0} /s"), &beside, Some(figure / plain));
}

/// Links redeemed a second: asked for beforehand, each used once.
async fn redemptions(product: &Product) -> f64 {
    const LINKS_EACH: usize = 400;
    let mut connections = Vec::new();
    for number in 0..crate::load::CONNECTIONS {
        let mut connection = Connection::open(product.server).await;
        let mut links = Vec::new();
        for link in 0..LINKS_EACH {
            links.push(
                ask(&mut connection, &product.ring, &format!("redeem{number}x{link}@example.org")).await,
            );
        }
        connections.push((connection, links));
    }
    let elapsed = stopwatch();
    let mut tasks = Vec::new();
    for (mut connection, links) in connections {
        tasks.push(tokio::spawn(async move {
            for (path, held) in links {
                assert_eq!(connection.send(&post_request(&path, &held)).await.status, 200);
            }
        }));
    }
    let count = f64::from(u32::try_from(tasks.len() * LINKS_EACH).expect("not so many"));
    for task in tasks {
        task.await.expect("every link is redeemed");
    }
    count / elapsed().as_secs_f64()
}

async fn sign_in(product: &Product) -> String {
    let mut connection = Connection::open(product.server).await;
    let (path, held) = ask(&mut connection, &product.ring, "ann@example.org").await;
    let answer = connection.send(&post_request(&path, &held)).await;
    let outcome: serde_json::Value = serde_json::from_slice(answer.body).expect("JSON");
    outcome["session"]["token"].as_str().expect("a session").to_owned()
}

/// Asks for a letter: the path of its link, and the body that redeems it.
async fn ask(connection: &mut Connection, ring: &KeyRing, email: &str) -> (String, String) {
    let answer = connection.send(&post_request("/api/sign-in", &format!(r#"{{"email":"{email}"}}"#))).await;
    assert_eq!(answer.status, 202);
    let queued: serde_json::Value = serde_json::from_slice(answer.body).expect("JSON");
    let held = queued["request"].as_str().expect("a request token");
    let nonce = ring.open_request(held).expect("our own token");
    let link = ring.seal_link(&LinkClaims { key: ring.newest(), nonce, generation: 0 }).expect("our own key");
    (format!("/api/link/{}", link.as_str()), format!(r#"{{"request":"{held}"}}"#))
}

/// The same request each time.
fn same(request: &str) -> impl Fn(u64) -> Arc<[u8]> + Send + Sync + 'static {
    let request: Arc<[u8]> = request.as_bytes().into();
    move |_| Arc::clone(&request)
}

fn get_request(path: &str, lines: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost:{LIKELY_PORT}\r\n{lines}\r\n")
}

fn post_request(path: &str, body: &str) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost:{LIKELY_PORT}\r\n");
    let lines = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    (head + &lines + body).into_bytes()
}

async fn start(folder: &std::path::Path) -> Product {
    let world = gatepost::world::real();
    let keys = KeyRing::generate(&world);
    let ring = || KeyRing::parse(&keys).expect("a new key ring");
    let origin = Origin::parse(&format!("http://localhost:{LIKELY_PORT}")).expect("an origin");
    let listen = Listen::parse(&format!("127.0.0.1:{LIKELY_PORT}")).expect("an address");
    let listener = Listener::bind(&listen).expect("a free port");
    let server = listener.address().expect("a TCP address");
    let store = SledStore::open(folder, &SledSettings::new(world.random())).expect("an empty store");
    let running = Running::open(Parts {
        store: Arc::new(store),
        ring: ring(),
        world,
        domain: Settings::default(),
        mail: MailSettings {
            transport: TransportSettings::Mailbox(Arc::new(RecentLetters::new())),
            from: Sender::parse("Gatepost <gatepost@localhost>").expect("a sender"),
            public_url: origin.clone(),
            name: "Gatepost".into(),
            connections: 4,
            patience: Patience::default(),
        },
        site: Site {
            name: "Gatepost".into(),
            public_url: origin.clone(),
            home: Next::parse("/").expect("a path"),
            registration: true,
            has_mailbox: true,
        },
        edge: EdgeSettings {
            public_url: origin,
            trusted_proxies: vec![],
            hosts: vec![],
            limits: Limits::default(),
        },
    });
    let running = running.await.expect("the house opens");
    tokio::spawn(running.run(listener, CancellationToken::new()));
    Product { server, ring: ring() }
}

#[handler]
fn hello() -> &'static str {
    "hello"
}

async fn start_bare() -> SocketAddr {
    let address = SocketAddr::from(([127, 0, 0, 1], LIKELY_PORT + 1));
    tokio::spawn(Server::new(TcpListener::bind(address)).run(Route::new().at("/", get(hello))));
    while tokio::net::TcpStream::connect(address).await.is_err() {
        tokio::task::yield_now().await;
    }
    address
}
