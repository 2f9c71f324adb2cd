//! Connections to the server, and requests as browsers, programs and mail scanners send them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, UnixStream};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::DoctorError;
use super::reply::Reply;
use crate::config::Config;
use crate::path::Origin;
use crate::web::edge::Listen;

/// How long a reply may take. A password waits for others that are hashed before it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a server listens, and the address it has for browsers.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) listen: Listen,
    pub(super) origin: Origin,
}

impl Target {
    /// The server with this configuration.
    pub(super) fn of(config: &Config) -> Result<Self, DoctorError> {
        let listen = match &config.listen {
            Listen::Tcp(address) if address.port() == 0 => return Err(DoctorError::UnknownPort),
            Listen::Tcp(address) => Listen::Tcp(reachable(*address)),
            Listen::Unix(path) => Listen::Unix(path.clone()),
        };
        Ok(Self { listen, origin: config.origin(None) })
    }

    /// Sends one request on a connection of its own, from one of this machine's addresses if one is given.
    pub(super) async fn ask(&self, ask: Ask, from: Option<IpAddr>) -> io::Result<Reply> {
        Connection::open(self, from).await?.send(ask).await
    }

    /// The error if the server does not answer.
    pub(super) fn unreachable(&self, error: io::Error) -> DoctorError {
        DoctorError::Unreachable { listen: self.listen.clone(), error }
    }
}

/// An address that listens on every interface is reached over loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Ask {
    pub(super) fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: String::new() }
    }

    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A request of a program.
    pub(super) fn json(path: impl Into<String>, body: &serde_json::Value) -> Self {
        Self { body: body.to_string(), ..Self::new(Method::POST, path) }
            .with("content-type", "application/json")
    }

    /// A form, as a browser sends it from one of our own pages.
    pub(super) fn form<'a>(
        path: impl Into<String>,
        origin: &Origin,
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self { body, ..Self::new(Method::POST, path) }
            .with("content-type", "application/x-www-form-urlencoded")
            .with("origin", origin.to_string())
            .with("sec-fetch-site", "same-origin")
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// An open connection.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
    _served: AbortOnDropHandle<()>,
}

impl Connection {
    pub(super) async fn open(target: &Target, from: Option<IpAddr>) -> io::Result<Self> {
        let authority = target.origin.authority().to_owned();
        match &target.listen {
            Listen::Unix(path) => Self::over(UnixStream::connect(path).await?, authority).await,
            Listen::Tcp(address) => {
                let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
                if let Some(from) = from {
                    socket.bind(SocketAddr::new(from, 0))?;
                }
                let stream = socket.connect(*address).await?;
                stream.set_nodelay(true)?;
                Self::over(stream, authority).await
            }
        }
    }

    pub(super) async fn over(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        authority: String,
    ) -> io::Result<Self> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // An error of the connection is also one of the request that it breaks off.
        let served = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, authority, _served: AbortOnDropHandle::new(served) })
    }

    /// Sends a request and receives the whole reply.
    pub(super) async fn send(&mut self, ask: Ask) -> io::Result<Reply> {
        let mut request = Request::builder().method(ask.method).uri(ask.path);
        request = request.header(header::HOST, &self.authority);
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(ask.body))).map_err(io::Error::other)?;
        let exchanged = timeout(PATIENCE, exchange(&mut self.sender, request)).await;
        exchanged.map_err(|_| io::ErrorKind::TimedOut)?.map_err(io::Error::other)
    }
}

async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Reply, hyper::Error> {
    // The connection may still be busy with the end of the last reply.
    sender.ready().await?;
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), lossy(value.as_bytes())));
    Ok(Reply { status: head.status.as_u16(), headers: headers.collect(), body: lossy(&body) })
}
