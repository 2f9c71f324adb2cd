//! SIGHUP while people use the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use http_body_util::{BodyExt, Empty};
use hyper::Method;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Site;
use crate::cli::keys::{UNLIMITED, member};

const NAMES: [&str; 2] = ["Before", "After"];
const RELOADS: usize = 60;
const CONNECTIONS: usize = 6;

/// Asks again and again on one connection, which stays open to the end. Returns how often.
async fn ask(
    port: u16,
    path: &'static str,
    cookie: String,
    is_over: Arc<AtomicBool>,
    all: Arc<AtomicUsize>,
) -> usize {
    let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (mut connection, driver) = http1::handshake(TokioIo::new(socket)).await.unwrap();
    tokio::spawn(driver);
    let mut asked = 0;
    while !is_over.load(Ordering::Relaxed) {
        let request = hyper::Request::builder()
            .method(Method::GET)
            .uri(path)
            .header(HOST, format!("localhost:{port}"))
            .header("cookie", &cookie)
            .body(Empty::<Bytes>::new())
            .unwrap();
        let response = connection.send_request(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let page = String::from_utf8_lossy(&body);
        if path == "/forward-auth" {
            assert_eq!(status, 204);
        } else {
            assert_eq!(status, 200, "{page}");
            // One name on the whole page, whenever it was drawn.
            assert_eq!(NAMES.iter().filter(|name| page.contains(*name)).count(), 1, "{page}");
        }
        asked += 1;
        all.fetch_add(1, Ordering::Relaxed);
    }
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_lost_and_no_connection_is_closed_while_the_configuration_is_read_again_and_again() {
    let mut site = Site::start(&format!("name = \"{}\"", NAMES[0]), &UNLIMITED);
    let ann = member(&site.server, "ann@example.org").await.in_browser();
    let cookie =
        ann.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let (is_over, all) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut people = JoinSet::new();
    for number in 0..CONNECTIONS {
        let (path, cookie) = match number % 3 {
            0 => ("/sign-in", String::new()),
            1 => ("/profile", cookie.clone()),
            _ => ("/forward-auth", cookie.clone()),
        };
        people.spawn(ask(site.server.address.port(), path, cookie, Arc::clone(&is_over), Arc::clone(&all)));
    }
    let (mut reloads, mut asked) = (0, 0);
    while reloads < RELOADS {
        reloads += 1;
        tokio::task::block_in_place(|| site.takes(&format!("name = \"{}\"", NAMES[reloads % 2]), "name"));
        // Someone was answered since the last one.
        while all.load(Ordering::Relaxed) < asked + CONNECTIONS {
            assert!(people.try_join_next().is_none(), "someone failed");
            tokio::task::yield_now().await;
        }
        asked = all.load(Ordering::Relaxed);
    }
    is_over.store(true, Ordering::Relaxed);
    for asked in people.join_all().await {
        assert!(asked > RELOADS / 10, "{asked} requests");
    }
    site.server.stop();
}
