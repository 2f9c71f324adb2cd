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

/// What only a server says that the request reached directly: how many requests came through proxies that it
/// trusts, and through others.
const TRUSTED: &str = "X-Forwarded-For from trusted proxies: ";
const OTHERS: &str = "X-Forwarded-For from others: ";

/// Looks at the public address. `is_there`: whether the server answers where it listens.
pub(super) async fn look(target: &Target, is_there: bool) -> Vec<Finding> {
    let origin = &target.origin;
    let found = |status, message: String| vec![Finding::new("public_url", status, message)];
    let health = match fetch(origin, Ask::get(HEALTHZ)).await {
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
    // Both as through a proxy: a page that was asked for directly may point to the mailbox.
    let page = || Ask::get(SIGN_IN).with("via", "1.1 gatepost");
    let (ours, theirs) = (ask(target, page(), PATIENCE).await, fetch(origin, page()).await);
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
    findings.extend(proxy(target).await);
    findings
}

/// Whether the proxy says whom it passes requests on for, and is trusted to: the server counts one more such request
/// after one was made through it.
async fn proxy(target: &Target) -> Option<Finding> {
    if target.origin.scheme() == Scheme::Http {
        return None;
    }
    let found = |status, message: String| Some(Finding::new("proxy", status, message));
    let counts = async {
        let before = Seen::ask(target).await?;
        fetch(&target.origin, Ask::get(HEALTHZ)).await.ok()?;
        Some((before, Seen::ask(target).await?))
    };
    let Some((before, after)) = counts.await else {
        let message = "whether it says whom it passes requests on for cannot be seen from here; if the log has \
                       the address of the proxy in each line, all visitors count as one client";
        return found(Status::Unknown, message.to_owned());
    };
    if after.trusted > before.trusted {
        return found(Status::Ok, "is trusted, and says whom it passes requests on for".to_owned());
    }
    if after.others.0 > before.others.0 {
        let message = format!(
            "is not in trusted_proxies, so all visitors count as one client and share its limits; add its address \
             ({} requests with X-Forwarded-For came from others)",
            after.others.1
        );
        return found(Status::Wrong, message);
    }
    let message = "passes requests on without X-Forwarded-For, so all visitors count as one client and share its \
                   limits; have it send that header, and list it in trusted_proxies";
    found(Status::Wrong, message.to_owned())
}

/// How many requests have named their client in a header.
struct Seen {
    trusted: u64,
    /// And how the server puts it.
    others: (u64, String),
}

impl Seen {
    async fn ask(target: &Target) -> Option<Self> {
        let ready = ask(target, Ask::get(READYZ), PATIENCE).await.ok()?;
        let line =
            |name: &str| ready.body.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let others = line(OTHERS)?;
        let count = others.split(',').next()?.parse().ok()?;
        Some(Self { trusted: line(TRUSTED)?.parse().ok()?, others: (count, others) })
    }
}

/// Only what a reader sees: proxies add headers.
fn bare(reply: Reply) -> Reply {
    Reply { headers: Vec::new(), ..reply }
}

/// Asks through the public address, as people do.
async fn fetch(origin: &Origin, ask: Ask) -> Result<Reply, String> {
    let fetched = timeout(PATIENCE, async {
        let mut connection = connect(origin).await?;
        connection.send(ask).await
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
