//! Gatepost over HTTP on loopback, compared with a bare poem handler, alternately in one run.

use std::net::SocketAddr;

use gatepost::domain::Settings;
use poem::listener::TcpListener;
use poem::{Route, Server, handler};

use crate::load::{rate, same};
use crate::product::{Product, get, post};
use crate::{median, row};

const WINDOWS: usize = 5;
const LIKELY_PORT: u16 = 18_090;

/// Open at the same time.
const CONNECTIONS: usize = 16;

/// Prints a row for each kind of request.
pub(crate) async fn measure() {
    let folder = tempfile::tempdir_in(".").expect("a folder on a real disk");
    let product = Product::start(folder.path(), LIKELY_PORT, Settings::default()).await;
    let server = product.server;
    let bare = start_bare().await;
    let token = product.sign_in("ann@example.org").await;
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let cookie = format!("Cookie: gatepost_session={token}\r\n");

    let (mut page, mut session, mut proxy, mut plain) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..WINDOWS {
        plain.push(rate(bare, CONNECTIONS, same(get(bare, "/", ""))).await);
        page.push(rate(server, CONNECTIONS, same(get(server, "/sign-in", ""))).await);
        session.push(rate(server, CONNECTIONS, same(get(server, "/api/session", &bearer))).await);
        proxy.push(rate(server, CONNECTIONS, same(get(server, "/forward-auth", &cookie))).await);
    }
    let plain = median(plain);
    print("sign-in page", median(page), plain);
    print("session check, revocable at once", median(session), plain);
    print("session check by a proxy, revocable at once", median(proxy), plain);

    let asked = rate(server, CONNECTIONS, move |turn| {
        post(server, "/api/sign-in", &format!(r#"{{"email":"ask{turn}@example.org"}}"#))
    });
    print("link request: durable, email queued and delivered meanwhile", asked.await, plain);
    let rest = format!("{:.2} s", product.delivered().await.as_secs_f64());
    row("the last of these emails, after the last request", &rest, "aim: 1 s", None);
    let redemptions = product.redemptions(CONNECTIONS, |link| format!("redeem{link}@example.org"));
    print("redemption: link to session, single use, durable", redemptions.await, plain);
}

fn print(what: &str, figure: f64, plain: f64) {
    let reference = format!("{plain:.0} /s, a bare poem handler");
    row(what, &format!("{figure:.0} /s"), &reference, Some(figure / plain));
}

#[handler]
fn hello() -> &'static str {
    "hello"
}

async fn start_bare() -> SocketAddr {
    let address = SocketAddr::from(([127, 0, 0, 1], LIKELY_PORT + 1));
    tokio::spawn(Server::new(TcpListener::bind(address)).run(Route::new().at("/", poem::get(hello))));
    while tokio::net::TcpStream::connect(address).await.is_err() {
        tokio::task::yield_now().await;
    }
    address
}
