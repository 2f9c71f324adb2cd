//! A small endpoint behind the guard and a real socket, and a client that writes raw bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::next::Place;
use gatepost::domain::record::registration::RegistrationMode;
use gatepost::path::Origin;
use gatepost::web::edge::{self, EdgeSettings, Hosts, Limits, Listen, Listener, Routes};
use gatepost::web::{Site, draw_refusals};
use gatepost::world;
use poem::error::{InternalServerError, NotFoundError};
use poem::http::Method;
use poem::web::Data;
use poem::{Body, EndpointExt, Response, handler};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes, and shorter than every limit that a test did not set.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);

/// Signals from inside the endpoint that tests wait for.
#[derive(Default)]
pub(super) struct Probe {
    pub(super) held: Notify,
    pub(super) release: Notify,
    pub(super) hold_ended: Notify,
    pub(super) endless_dropped: Notify,
}

pub(super) struct Server {
    pub(super) address: Option<SocketAddr>,
    pub(super) probe: Arc<Probe>,
    pub(super) stop: CancellationToken,
    pub(super) task: JoinHandle<()>,
}

pub(super) fn settings() -> EdgeSettings {
    EdgeSettings {
        public_url: Origin::parse("http://localhost:8080").unwrap(),
        trusted_proxies: Vec::new(),
        hosts: Hosts::default(),
        limits: Limits::default(),
    }
}

pub(super) fn with_limits(change: impl FnOnce(&mut Limits)) -> EdgeSettings {
    let mut settings = settings();
    change(&mut settings.limits);
    settings
}

pub(super) fn start(settings: EdgeSettings) -> Server {
    start_at(&Listen::parse("127.0.0.1:0").unwrap(), settings)
}

pub(super) fn start_at(listen: &Listen, settings: EdgeSettings) -> Server {
    let probe = Arc::new(Probe::default());
    let listener = Listener::bind(listen).unwrap();
    let address = listener.address();
    let site = Arc::new(Site {
        name: "Gatepost".into(),
        public_url: settings.public_url.clone(),
        home: Place::parse("/").unwrap(),
        registration: RegistrationMode::Open,
        has_mailbox: false,
        metrics_token: None,
        settings: vec![],
        dangers: vec![],
    });
    let routes = routes(&probe);
    let guarded =
        edge::guard(routes, settings.clone(), world::real(), draw_refusals(move || Arc::clone(&site)));
    let stop = CancellationToken::new();
    let task = tokio::spawn(edge::serve(listener, guarded, settings, stop.clone()));
    Server { address, probe, stop, task }
}

fn routes(probe: &Arc<Probe>) -> Routes {
    Routes::new()
        .at("/", Method::GET, home)
        .at("/who", Method::GET, who)
        .at("/link/{token}", Method::GET, home)
        .at("/assets/{name}", Method::GET, asset)
        .at("/panic", Method::GET, panics)
        .at("/fault", Method::GET, fault)
        .at("/hold", Method::GET, hold.data(Arc::clone(probe)))
        .at("/endless", Method::GET, endless.data(Arc::clone(probe)))
        .at("/healthz", Method::GET, home)
        .and(Routes::new().at("/api/echo", Method::POST, echo).at("/echo", Method::POST, echo))
}

#[handler]
fn home() -> &'static str {
    "home"
}

#[handler]
fn who(client: &Client) -> String {
    format!("{} with {} as {}", client.ip, client.device(), client.request_id)
}

#[handler]
fn asset(poem::web::Path(name): poem::web::Path<String>) -> poem::Result<Response> {
    if name == "missing.css" {
        return Err(NotFoundError.into());
    }
    Ok(Response::builder().header("cache-control", "public, immutable").body("asset"))
}

#[handler]
fn panics() -> &'static str {
    panic!("this test handler panics on purpose")
}

#[handler]
fn fault() -> poem::Result<&'static str> {
    Err(InternalServerError(std::io::Error::other("inner secret")))
}

#[handler]
fn echo(body: String) -> String {
    body
}

/// Waits until the test releases it.
#[handler]
async fn hold(Data(probe): Data<&Arc<Probe>>) -> &'static str {
    let _guard = NotifyOnDrop(Arc::clone(probe), |probe| &probe.hold_ended);
    probe.held.notify_one();
    probe.release.notified().await;
    "held"
}

struct NotifyOnDrop(Arc<Probe>, fn(&Probe) -> &Notify);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        (self.1)(&self.0).notify_one();
    }
}

/// A response that never ends.
#[handler]
fn endless(Data(probe): Data<&Arc<Probe>>) -> Response {
    let guard = NotifyOnDrop(Arc::clone(probe), |probe| &probe.endless_dropped);
    let chunks = stream::unfold(guard, |guard| async move {
        Some((Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024]), guard))
    });
    Response::builder().body(Body::from_bytes_stream(chunks))
}

impl Server {
    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address.unwrap()).await.unwrap()
    }

    /// Sends the bytes on a new connection and reads until the server closes it.
    pub(super) async fn say(&self, bytes: &str) -> String {
        let mut socket = self.connect().await;
        // The server may close the connection before it has read everything.
        let _ = socket.write_all(bytes.as_bytes()).await;
        read_to_end(&mut socket).await
    }

    /// A GET with the right Host and these header lines.
    pub(super) async fn get(&self, path: &str, lines: &str) -> String {
        self.say(&format!("GET {path} HTTP/1.1\r\n{HOST}{lines}{CLOSE}\r\n")).await
    }

    /// A POST with the right Host and these header lines.
    pub(super) async fn post(&self, path: &str, lines: &str, body: &str) -> String {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\n{HOST}{lines}{CLOSE}Content-Length: {length}\r\n\r\n");
        self.say(&(head + body)).await
    }
}

pub(super) const HOST: &str = "Host: localhost:8080\r\n";
pub(super) const CLOSE: &str = "Connection: close\r\n";
pub(super) const OURS: &str = "Origin: http://localhost:8080\r\n";

/// Everything that arrives until the connection ends, cleanly or not.
pub(super) async fn read_to_end(socket: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, socket.read_to_end(&mut bytes)).await;
    assert!(read.is_ok(), "still open: {}", String::from_utf8_lossy(&bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Requests `/` and reads only that response, which leaves the connection open and idle.
pub(super) async fn ask_and_keep(socket: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    socket.write_all(format!("GET / HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    let mut response = Vec::new();
    let whole = async {
        while !response.ends_with(b"\r\n\r\nhome") {
            response.push(socket.read_u8().await.unwrap());
        }
    };
    timeout(PATIENCE, whole).await.unwrap();
    assert_eq!(status(&String::from_utf8_lossy(&response)), 200);
}

pub(super) fn status(response: &str) -> u16 {
    let line = response.strip_prefix("HTTP/1.1 ").unwrap_or_else(|| panic!("no response: {response:?}"));
    line[..3].parse().unwrap()
}

pub(super) fn header<'a>(response: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = response.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub(super) fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").unwrap().1
}

/// The first head that arrives.
pub(super) async fn read_head(socket: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    let whole = async {
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.unwrap());
        }
    };
    timeout(PATIENCE, whole).await.unwrap();
    String::from_utf8(head).unwrap()
}
