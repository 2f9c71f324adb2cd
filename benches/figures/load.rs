//! Load from this process: kept connections, each sending one request after another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::stopwatch;

/// Connections at once.
pub(crate) const CONNECTIONS: usize = 16;
/// How long one window of measuring lasts.
const WINDOW: Duration = Duration::from_secs(2);

/// One kept connection.
pub(crate) struct Connection(SendRequest<Full<Bytes>>);

impl Connection {
    pub(crate) async fn open(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.expect("the server listens");
        stream.set_nodelay(true).expect("a TCP socket");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("a connection");
        tokio::spawn(connection);
        Self(sender)
    }

    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> (Response<()>, Bytes) {
        self.0.ready().await.expect("the connection is kept");
        let (parts, body) = self.0.send_request(request).await.expect("an answer").into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        (Response::from_parts(parts, ()), body)
    }
}

/// Requests answered a second: `make` gives each connection its requests.
pub(crate) async fn rate<M>(server: SocketAddr, make: M) -> f64
where
    M: Fn(u64) -> Request<Full<Bytes>> + Send + Sync + 'static,
{
    let (make, stop) = (Arc::new(make), Arc::new(AtomicBool::new(false)));
    let (count, turn) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(server).await;
        let (make, stop, count, turn) = (make.clone(), stop.clone(), count.clone(), turn.clone());
        tasks.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let request = make(turn.fetch_add(1, Ordering::Relaxed));
                let (answer, _) = connection.send(request).await;
                assert!(answer.status().as_u16() < 400, "{answer:?}");
                count.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let elapsed = stopwatch();
    tokio::time::sleep(WINDOW).await;
    let (answered, seconds) = (count.load(Ordering::Relaxed), elapsed().as_secs_f64());
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.expect("no request failed");
    }
    f64::from(u32::try_from(answered).expect("a window is short")) / seconds
}
