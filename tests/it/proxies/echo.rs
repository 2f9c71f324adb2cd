//! An app without a sign-in of its own. It answers with the request, byte for byte as it arrived. A WebSocket gets its
//! own bytes back, `/events` is an event stream, and `/status/403` has that status.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use crate::proxy::app::headers_for;

/// The running app. Ends when dropped.
pub(super) struct EchoApp {
    pub(super) address: SocketAddr,
    notes: Arc<Notes>,
    _work: AbortOnDropHandle<()>,
}

#[derive(Default)]
struct Notes {
    seen: Mutex<Vec<String>>,
    goes_on: Notify,
}

impl EchoApp {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let notes = Arc::<Notes>::default();
        let kept = Arc::clone(&notes);
        let work = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(socket, Arc::clone(&kept)));
            }
        });
        Self { address, notes, _work: AbortOnDropHandle::new(work) }
    }

    /// The requests that reached it since the last call.
    pub(super) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.seen.lock().unwrap())
    }

    /// Sends the second event of a stream.
    pub(super) fn go_on(&self) {
        self.notes.goes_on.notify_one();
    }
}

async fn answer(mut socket: TcpStream, notes: Arc<Notes>) {
    let Some(request) = read(&mut socket).await else { return };
    notes.seen.lock().unwrap().push(request.clone());
    // The client may have gone.
    drop(speak(&mut socket, &request, &notes).await);
}

async fn speak(socket: &mut TcpStream, request: &str, notes: &Notes) -> std::io::Result<()> {
    let target = request.split(' ').nth(1).unwrap_or_default();
    if !headers_for(request, "sec_websocket_key").is_empty() {
        let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
        socket.write_all(format!("{head}Sec-WebSocket-Accept: any\r\n\r\n").as_bytes()).await?;
        let (mut read, mut write) = socket.split();
        tokio::io::copy(&mut read, &mut write).await?;
        return Ok(());
    }
    if target == "/events" {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
        socket.write_all(format!("{head}data: one\n\n").as_bytes()).await?;
        notes.goes_on.notified().await;
        return socket.write_all(b"data: two\n\n").await;
    }
    let status = target.strip_prefix("/status/").unwrap_or("200");
    let length = request.len();
    let head = format!(
        "HTTP/1.1 {status} Any\r\nX-App: yes\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: {length}"
    );
    let body = if request.starts_with("HEAD ") { "" } else { request };
    socket.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await
}

/// A complete request: its head, and its body, by its length or in chunks.
async fn read(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let is_complete = if headers_for(head, "transfer_encoding").is_empty() {
                let length = headers_for(head, "content_length");
                body.len() >= length.first().map_or(0, |(_, length)| length.parse().unwrap())
            } else {
                body.ends_with("0\r\n\r\n")
            };
            if is_complete {
                return Some(text.into_owned());
            }
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
