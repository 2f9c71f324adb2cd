//! A client that does only what it is asked to: it keeps no cookies and follows no redirects.

use std::net::{Ipv4Addr, SocketAddr};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;

use super::engine::Engine;

/// The response.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// How often the request was sent until this was the response.
    pub(crate) attempts: u64,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Where a browser goes from here by itself: with a redirect, with a header for htmx, or from the page
    /// between a form and an app.
    pub(crate) fn leads_to(&self) -> Option<String> {
        let header = |name| self.header(name).map(str::to_owned);
        let refresh = || {
            let (_, rest) = self.body.split_once("<meta http-equiv=\"refresh\" content=\"0; url=")?;
            let (place, _) = rest.split_once('"')?;
            Some(
                place.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"),
            )
        };
        header("location").or_else(|| header("hx-redirect")).or_else(refresh)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON in {self:?}"))
    }
}

/// How often a good client sends again what the server could not do for certain.
pub(super) const PATIENCE: u64 = 20;

/// Where a request goes, and the address of this machine that it comes from, if not the usual one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(super) source: Option<Ipv4Addr>,
    pub(super) server: SocketAddr,
}

impl From<SocketAddr> for Way {
    fn from(server: SocketAddr) -> Self {
        Self { source: None, server }
    }
}

/// Sends one request on its own connection. If this run's engine leaves things in doubt by chance, sends it
/// again until it is answered.
pub(crate) async fn send(
    way: impl Into<Way>,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Reply {
    let (way, body) = (way.into(), body.into());
    let mut reply = None;
    for attempts in 1..=PATIENCE {
        let sent = try_send(way, method.clone(), path, headers, body.clone()).await.unwrap();
        let sent = Reply { attempts, ..sent };
        if Engine::named() != Some(Engine::Chaotic) || !is_in_doubt(&sent) {
            return sent;
        }
        reply = Some(sent);
    }
    reply.unwrap()
}

pub(super) fn is_in_doubt(reply: &Reply) -> bool {
    let code = "store_unavailable";
    reply.status == StatusCode::SERVICE_UNAVAILABLE
        && (reply.header("x-problem") == Some(code) || reply.body.contains(code))
}

/// The same once, with a server that may die meanwhile.
pub(crate) async fn try_send(
    way: impl Into<Way>,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Reply, String> {
    let Way { source, server } = way.into();
    let socket = if server.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.map_err(|error| error.to_string())?;
    if let Some(source) = source {
        socket.bind(SocketAddr::from((source, 0))).map_err(|error| error.to_string())?;
    }
    let stream = socket.connect(server).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).unwrap();
    let (parts, body) = sender.send_request(request).await.map_err(|error| error.to_string())?.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    // An icon is no text.
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Reply { status: parts.status, headers: parts.headers, body, attempts: 1 })
}
