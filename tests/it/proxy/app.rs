//! An app without a sign-in of its own. It responds with the request, byte for byte as it arrived. From
//! `/app/away` it leads on to another origin, as apps do that sign people in somewhere else.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The running app. Ends when dropped.
pub(super) struct EchoApp {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    work: JoinHandle<()>,
}

impl EchoApp {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // Not the app's own address, which nginx replaces with its own in a redirect.
        let other_origin = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let elsewhere = other_origin.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&seen);
        let work = tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    accepted = other_origin.accept() => accepted,
                };
                tokio::spawn(answer(accepted.unwrap().0, elsewhere, Arc::clone(&kept)));
            }
        });
        Self { address, seen, work }
    }

    /// The requests that reached it since the last call.
    pub(super) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

impl Drop for EchoApp {
    fn drop(&mut self) {
        self.work.abort();
    }
}

async fn answer(mut socket: TcpStream, elsewhere: SocketAddr, seen: Arc<Mutex<Vec<String>>>) {
    let Some(request) = read(&mut socket).await else { return };
    seen.lock().unwrap().push(request.clone());
    if request.starts_with("GET /app/away") {
        let head = format!("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/landed\r\n");
        let answer = format!("{head}Connection: close\r\nContent-Length: 0\r\n\r\n");
        drop(socket.write_all(answer.as_bytes()).await);
        return;
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length:";
    let answer = format!("{head} {}\r\n\r\n{request}", request.len());
    // The client may have disconnected.
    drop(socket.write_all(answer.as_bytes()).await);
}

/// A complete request: its head, and a body of the length given there.
async fn read(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            assert!(headers_for(head, "transfer_encoding").is_empty(), "this app counts bytes: {head}");
            let length =
                headers_for(head, "content_length").first().map_or(0, |(_, length)| length.parse().unwrap());
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// The headers of a request that an app may treat as this one, with their names as written. CGI and
/// similar interfaces turn a header into a variable by replacing other characters with `_`.
pub(crate) fn headers_for(request: &str, variable: &str) -> Vec<(String, String)> {
    let head = request.split("\r\n\r\n").next().unwrap();
    let headers = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
    let spelt = |name: &str| name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let named = headers.filter(|(name, _)| spelt(name.trim()) == variable);
    named.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}
