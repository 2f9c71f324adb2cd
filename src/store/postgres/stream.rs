//! Sockets to a server, with TLS.

use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::fault::Fault;
use super::settings::{Host, Tls};

/// How long a server may stay silent that has to confirm what it received.
const UNCONFIRMED: Duration = Duration::from_secs(10);
/// How long a connection is idle before the other end is asked whether it is still there.
const IDLE: Duration = Duration::from_secs(5);
const BETWEEN_QUESTIONS: Duration = Duration::from_secs(2);
/// Asks the server for TLS, which it answers with one byte.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// A socket, whatever it is made of.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Turns the settings of TLS into what rustls needs.
pub(super) fn connector(tls: Option<Tls>) -> Result<Option<TlsConnector>, Fault> {
    let Some(Tls { authorities, identity }) = tls else { return Ok(None) };
    let unusable = |error: &dyn Display| {
        Fault::Unfit(format!("cannot use TLS: {error}; check store.ca, store.cert and store.key"))
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?
        .with_root_certificates(roots);
    let config = match identity {
        Some((chain, key)) => config.with_client_auth_cert(chain, key).map_err(|error| unusable(&error))?,
        None => config.with_no_client_auth(),
    };
    Ok(Some(TlsConnector::from(Arc::new(config))))
}

/// Connects to a server.
pub(super) async fn connect(host: &Host, tls: Option<&TlsConnector>) -> Result<Box<dyn Stream>, Fault> {
    let unreachable = |error: io::Error| Fault::Unreachable(format!("cannot connect to {host}: {error}"));
    match host {
        Host::Unix(folder, port) => {
            let path = folder.join(format!(".s.PGSQL.{port}"));
            Ok(Box::new(UnixStream::connect(path).await.map_err(unreachable)?))
        }
        Host::Tcp(name, port) => {
            let stream = first_of(name, *port).await.map_err(unreachable)?;
            prepare(&stream).map_err(unreachable)?;
            if let Some(connector) = tls {
                return secure(host, name, stream, connector).await;
            }
            // The configuration refuses this already. A listener on the way would read session ids.
            let is_here = stream.peer_addr().map_err(unreachable)?.ip().to_canonical().is_loopback();
            if !is_here {
                return Err(Fault::Unfit(format!(
                    "{host} is on another machine: use sslmode=verify-full in store.url"
                )));
            }
            Ok(Box::new(stream))
        }
    }
}

/// The first address of a name that answers.
async fn first_of(name: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in lookup_host((name, port)).await? {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A commit may wait for its answer for a long time, so a dead connection has to end by itself.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(IDLE).with_interval(BETWEEN_QUESTIONS).with_retries(3);
    socket.set_tcp_keepalive(&keepalive)?;
    socket.set_tcp_user_timeout(Some(UNCONFIRMED))?;
    stream.set_nodelay(true)
}

async fn secure(
    host: &Host,
    name: &str,
    mut stream: TcpStream,
    connector: &TlsConnector,
) -> Result<Box<dyn Stream>, Fault> {
    let unreachable = |error: io::Error| Fault::Unreachable(format!("cannot use TLS with {host}: {error}"));
    let known = ServerName::try_from(name.to_owned())
        .map_err(|error| Fault::Unfit(format!("{name} in store.url is not the name of a server: {error}")))?;
    stream.write_all(&TLS_REQUEST).await.map_err(unreachable)?;
    // Exactly one byte is read before TLS begins, so nothing that someone in between adds is taken for the server's.
    if stream.read_u8().await.map_err(unreachable)? != b'S' {
        return Err(Fault::Unfit(format!("{host} does not offer TLS: turn on ssl in its postgresql.conf")));
    }
    let stream = connector.connect(known, stream).await;
    let stream = stream
        .map_err(|error| Fault::Unfit(format!("cannot use TLS with {host}: {error}; check store.ca")))?;
    Ok(Box::new(stream))
}
