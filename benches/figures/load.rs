//! Load from this process: open connections, each sending one request after another. They handle only
//! as much HTTP as they need, so that the benchmark measures the server and not the client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::stopwatch;

/// The length of one measurement.
pub(crate) const WINDOW: Duration = Duration::from_secs(2);

/// A connection that stays open.
pub(crate) struct Connection {
    socket: TcpStream,
    received: Vec<u8>,
}

/// The only status of ours whose responses have no body and no length.
const NO_CONTENT: usize = 204;

/// Status and body of a response.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Connection {
    pub(crate) async fn open(server: SocketAddr) -> Self {
        let socket = TcpStream::connect(server).await.expect("the server listens");
        socket.set_nodelay(true).expect("a TCP socket");
        Self { socket, received: Vec::with_capacity(64 * 1024) }
    }

    /// Sends the bytes of a request and reads the response.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Answer<'_> {
        self.socket.write_all(request).await.expect("the connection stays open");
        self.received.clear();
        let body_from = loop {
            self.read().await;
            if let Some(end) = memmem::find(&self.received, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = &self.received[..body_from];
        let status = number(&head["HTTP/1.1 ".len()..]);
        let length = memmem::find(head, b"\r\ncontent-length: ").map(|at| number(&head[at + 18..]));
        let end = body_from + if status == NO_CONTENT { 0 } else { length.expect("responses have a length") };
        while self.received.len() < end {
            self.read().await;
        }
        let status = u16::try_from(status).expect("three digits");
        Answer { status, body: &self.received[body_from..end] }
    }

    async fn read(&mut self) {
        let count = self.socket.read_buf(&mut self.received).await.expect("a response");
        assert_ne!(count, 0, "the connection stays open");
    }
}

/// The number at the start of these bytes.
fn number(bytes: &[u8]) -> usize {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

/// Requests per second on this many connections. `make` creates the requests.
pub(crate) async fn rate<M, R>(server: SocketAddr, connections: usize, make: M) -> f64
where
    M: Fn(u64) -> R + Send + Sync + 'static,
    R: AsRef<[u8]> + Send,
{
    let (make, stop) = (Arc::new(make), Arc::new(AtomicBool::new(false)));
    let (count, turn) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let mut connection = Connection::open(server).await;
        let (make, stop, count, turn) = (make.clone(), stop.clone(), count.clone(), turn.clone());
        tasks.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let request = make(turn.fetch_add(1, Ordering::Relaxed));
                let answer = connection.send(request.as_ref()).await;
                assert!(answer.status < 400, "{}", String::from_utf8_lossy(answer.body));
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

/// The same request each time.
pub(crate) fn same(request: Vec<u8>) -> impl Fn(u64) -> Arc<[u8]> + Send + Sync + 'static {
    let request: Arc<[u8]> = request.into();
    move |_| Arc::clone(&request)
}
