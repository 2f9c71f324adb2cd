//! Whether people reach this server at its public address.

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::finding::{Finding, PATIENCE, Status, ask};
use crate::app::doctor::caller::{Ask, Connection, Target};
use crate::app::doctor::reply::{Reply, difference};
use crate::mail::certificate_authorities;
use crate::path::{HEALTHZ, Origin, READYZ, SIGN_IN, Scheme};

/// What only a server says that the request reached directly.
const DETAIL: &str = "database: ";

/// Looks at the public address. `is_there`: whether the server answers where it listens.
pub(super) async fn look(target: &Target, is_there: bool) -> Vec<Finding> {
    let origin = &target.origin;
    let found = |status, message: String| vec![Finding::new("public_url", status, message)];
    let health = match fetch(origin, HEALTHZ).await {
        Ok(reply) => reply,
        Err(why) => return found(Status::Wrong, format!("no answer from {origin}, asked from here: {why}")),
    };
    if health.status != 200 || health.body != "alive\n" {
        let message = format!(
            "{origin} is answered by something else than Gatepost: status {} for {HEALTHZ}",
            health.status
        );
        return found(Status::Wrong, message);
    }
    if !is_there {
        let message = format!("{origin} is answered by a Gatepost, but not by one with this configuration");
        return found(Status::Wrong, message);
    }
    let (ours, theirs) = (ask(target, SIGN_IN, PATIENCE).await, fetch(origin, SIGN_IN).await);
    let (Ok(ours), Ok(theirs)) = (ours, theirs) else {
        return found(Status::Unknown, format!("{origin} does not show its sign-in page"));
    };
    if let Some(difference) = difference((&bare(ours), ""), (&bare(theirs), "")) {
        let message = format!(
            "the sign-in page at {origin} is not that of {}: another Gatepost answers there, or a proxy changes \
             pages (\"{}\" instead of \"{}\")",
            target.listen,
            difference.unknown.trim(),
            difference.known.trim()
        );
        return found(Status::Wrong, message);
    }
    let mut findings = found(Status::Ok, format!("{origin} leads to this server"));
    findings.extend(proxy(origin).await);
    findings
}

/// Whether the proxy says whom it passes requests on for.
async fn proxy(origin: &Origin) -> Option<Finding> {
    if origin.scheme() == Scheme::Http {
        return None;
    }
    let ready = fetch(origin, READYZ).await.ok()?;
    Some(if ready.body.contains(DETAIL) {
        let message = "passes requests on without X-Forwarded-For, so all visitors count as one client and share \
                       its limits; have it send that header, and list it in trusted_proxies";
        Finding::new("proxy", Status::Wrong, message)
    } else {
        Finding::new("proxy", Status::Ok, "its requests are recognised as those of a proxy")
    })
}

/// Only what a reader sees: proxies add headers.
fn bare(reply: Reply) -> Reply {
    Reply { headers: Vec::new(), ..reply }
}

/// Asks for a page as people do.
async fn fetch(origin: &Origin, path: &str) -> Result<Reply, String> {
    let fetched = timeout(PATIENCE, async {
        let mut connection = connect(origin).await?;
        connection.send(Ask::get(path)).await
    });
    match fetched.await {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("nothing within {} s", PATIENCE.as_secs())),
    }
}

async fn connect(origin: &Origin) -> io::Result<Connection> {
    let host = origin.host().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, origin.port())).await?;
    let authority = origin.authority().to_owned();
    if origin.scheme() == Scheme::Http {
        return Connection::over(stream, authority).await;
    }
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificate_authorities().map_err(io::Error::other)?);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Connection::over(stream, authority).await
}
