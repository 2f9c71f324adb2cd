//! TLS to the mail server: always verified, against the machine's certificate authorities.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::fault::{Fault, Step};

/// Begins TLS. The machine's authorities are read when the first connection needs them, and then
/// never again.
pub(super) struct Tls {
    trusted: Vec<CertificateDer<'static>>,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    pub(super) fn new(trusted: Vec<CertificateDer<'static>>) -> Self {
        Self { trusted, config: OnceCell::new() }
    }

    /// Begins TLS with a server that must prove to be `host`.
    pub(super) async fn begin(&self, stream: TcpStream, host: &str) -> Result<TlsStream<TcpStream>, Fault> {
        let name = ServerName::try_from(host.to_owned()).map_err(|error| Fault::new(Step::Tls, error))?;
        let config = self.config.get_or_try_init(|| self.load()).await?;
        TlsConnector::from(Arc::clone(config))
            .connect(name, stream)
            .await
            .map_err(|error| Fault::new(Step::Tls, error))
    }

    async fn load(&self) -> Result<Arc<ClientConfig>, Fault> {
        let native = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs)
            .await
            .map_err(|error| Fault::new(Step::Tls, error))?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(native.certs.into_iter().chain(self.trusted.iter().cloned()));
        if roots.is_empty() {
            return Err(Fault::new(
                Step::Tls,
                "this machine has no certificate authorities (install ca-certificates or set SSL_CERT_FILE)",
            ));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Fault::new(Step::Tls, error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}
