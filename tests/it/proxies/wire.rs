//! A client that sends exactly the bytes it is given, over TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Longer than any answer takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// Where the proxy is, and what its certificate is checked against.
#[derive(Clone)]
pub(super) struct Wire {
    proxy: SocketAddr,
    tls: TlsConnector,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Reply {
    /// From its bytes. An interim answer before it is left out.
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        if status == 100 {
            return Self::parse(body.as_bytes());
        }
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// All values of a header.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// Where a browser goes from here by itself: with a redirect, or from the page between a form and an app.
    pub(super) fn leads_to(&self) -> Option<String> {
        let refresh = || {
            let (_, rest) = self.body.split_once("<meta http-equiv=\"refresh\" content=\"0; url=")?;
            Some(rest.split_once('"')?.0.replace("&amp;", "&"))
        };
        self.header("location").map(str::to_owned).or_else(refresh)
    }
}

impl Wire {
    pub(super) fn new(proxy: SocketAddr, trusted: CertificateDer<'static>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(trusted).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { proxy, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// A connection to one of the names in the certificate, whatever the requests on it say.
    pub(super) async fn connect(&self, name: &str) -> Connection {
        let stream = TcpStream::connect(self.proxy).await.unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        Connection { stream: self.tls.connect(name, stream).await.unwrap(), read: Vec::new() }
    }

    /// Sends these bytes, and returns the answer to them.
    pub(super) async fn say(&self, name: &str, text: &str) -> Reply {
        let mut connection = self.connect(name).await;
        // It may answer, and close, before everything is written.
        drop(connection.stream.write_all(text.as_bytes()).await);
        drop(connection.stream.flush().await);
        let end = timeout(PATIENCE, connection.stream.read_to_end(&mut connection.read)).await;
        // Not every server says that it closes.
        drop(end.unwrap_or_else(|_| panic!("it does not end: {text}")));
        Reply::parse(&connection.read)
    }
}

/// A connection that goes on.
pub(super) struct Connection {
    stream: TlsStream<TcpStream>,
    read: Vec<u8>,
}

impl Connection {
    pub(super) async fn write(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Returns everything that was read, once this text is in it.
    pub(super) async fn until(&mut self, text: &str) -> String {
        let found = timeout(PATIENCE, async {
            loop {
                let read = String::from_utf8_lossy(&self.read).into_owned();
                if read.contains(text) {
                    return read;
                }
                assert!(self.stream.read_buf(&mut self.read).await.unwrap() > 0, "it ended: {read}");
            }
        });
        found.await.unwrap_or_else(|_| panic!("{text} does not arrive"))
    }
}
