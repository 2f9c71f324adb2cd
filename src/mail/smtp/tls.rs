//! TLS to the mail server. Its certificate is always verified, against the machine's certificate
//! authorities.

use std::io;
use std::sync::Arc;

use rustls_native_certs::ErrorKind;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error as TlsError, RootCertStore};

use super::fault::{Fault, Step};
use crate::mail::outcome::plainly;
use crate::mail::settings::{Security, SmtpServer};

/// Starts TLS. The machine's authorities are read once, when the first connection needs them.
pub(super) struct Tls {
    trusted: Vec<CertificateDer<'static>>,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    pub(super) fn new(trusted: Vec<CertificateDer<'static>>) -> Self {
        Self { trusted, config: OnceCell::new() }
    }

    /// Starts TLS with a server that must prove to be the one we know.
    pub(super) async fn begin(
        &self,
        stream: TcpStream,
        server: &SmtpServer,
    ) -> Result<TlsStream<TcpStream>, Fault> {
        let name = ServerName::try_from(server.host.clone()).map_err(|error| Fault::new(Step::Tls, error))?;
        let config = self.config.get_or_try_init(|| self.load()).await?;
        TlsConnector::from(Arc::clone(config))
            .connect(name, stream)
            .await
            .map_err(|error| Fault::new(Step::Tls, reason(&error, server.security)))
    }

    async fn load(&self) -> Result<Arc<ClientConfig>, Fault> {
        let fault = |why: String| Fault::new(Step::Authorities, why);
        let read = tokio::task::spawn_blocking(certificate_authorities).await;
        let native = match read.map_err(|error| fault(error.to_string()))? {
            Ok(native) => native,
            Err(_) if !self.trusted.is_empty() => Vec::new(),
            Err(why) => return Err(fault(why)),
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(native.into_iter().chain(self.trusted.iter().cloned()));
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Fault::new(Step::Tls, error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}

/// The certificate authorities that this machine trusts, at least one.
///
/// # Errors
/// Says why there are none.
pub fn certificate_authorities() -> Result<Vec<CertificateDer<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    if !found.certs.is_empty() {
        return Ok(found.certs);
    }
    Err(match found.errors.into_iter().next().map(|error| error.kind) {
        // The usual places are read only if they exist.
        Some(ErrorKind::Io { inner, path }) => {
            format!(
                "cannot read {}, which SSL_CERT_FILE or SSL_CERT_DIR names: {}",
                path.display(),
                plainly(inner)
            )
        }
        Some(ErrorKind::Pem(error)) => {
            format!("cannot read the certificate authorities: {error:?}; check SSL_CERT_FILE")
        }
        _ => {
            "this machine has no certificate authorities, or SSL_CERT_FILE names a file without any; install \
              ca-certificates or change SSL_CERT_FILE"
                .into()
        }
    })
}

/// The usual mistakes in words, as rustls names them in types, and what helps.
fn reason(error: &io::Error, security: Security) -> String {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<TlsError>());
    match cause {
        Some(TlsError::InvalidMessage(_)) if security == Security::Implicit => {
            "the server does not speak TLS from the start on this port; if it uses STARTTLS, write smtp:// \
             instead of smtps://"
                .into()
        }
        Some(TlsError::InvalidMessage(_)) => "the server does not speak TLS on this port".into(),
        Some(TlsError::InvalidCertificate(problem)) => match problem {
            CertificateError::UnknownIssuer => {
                "its certificate was not issued by an authority that this machine trusts; to trust another one, \
                 add it to this machine's authorities, or name a file with all that you trust in SSL_CERT_FILE"
                    .into()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for a different host name".into()
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired".into()
            }
            // rustls hides the type of this one.
            other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
                "its certificate is that of a certificate authority, which no server may use; give it one that \
                 this authority has issued, and trust the authority"
                    .into()
            }
            other => format!("its certificate is not valid: {other}"),
        },
        _ => error.to_string(),
    }
}
