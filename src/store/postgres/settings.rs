//! What the engine needs to know to reach its database.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// Where the database is, and how it is used.
#[derive(Clone)]
pub struct PostgresSettings {
    /// The servers, of which one is the primary. The engine finds out which one.
    pub hosts: Vec<Host>,
    /// The role.
    pub user: String,
    /// Its password, if the server asks for one.
    pub password: Option<Zeroizing<String>>,
    /// The database on each of these servers.
    pub database: String,
    /// TLS. Only servers on this machine are reached without it.
    pub tls: Option<Tls>,
    /// The schema in which the tables are.
    pub schema: Schema,
    /// How many connections this process opens, at least 4.
    pub connections: usize,
    /// How long one act may take, repetitions and doubt included.
    pub timeout: Duration,
    /// Who must have a commit before it counts.
    pub durable: Durable,
    /// The folder of the side file, in which this process remembers the database.
    pub folder: PathBuf,
}

impl fmt::Debug for PostgresSettings {
    /// Leaves the password out, so that no log has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSettings")
            .field("hosts", &self.hosts)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name or an address, and a port.
    Tcp(String, u16),
    /// The folder of its socket, and the port that is part of the socket's name.
    Unix(PathBuf, u16),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(name, port) if name.contains(':') => write!(f, "[{name}]:{port}"),
            Self::Tcp(name, port) => write!(f, "{name}:{port}"),
            Self::Unix(folder, port) => write!(f, "{}/.s.PGSQL.{port}", folder.display()),
        }
    }
}

/// How a server proves who it is. Its certificate and its name are always verified: otherwise a server in between
/// could read session ids and acknowledge commits that it never wrote.
pub struct Tls {
    /// The authorities whose certificates are accepted.
    pub authorities: Vec<CertificateDer<'static>>,
    /// A certificate of our own and its key, if the server asks for one.
    pub identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Clone for Tls {
    fn clone(&self) -> Self {
        let identity = self.identity.as_ref().map(|(chain, key)| (chain.clone(), key.clone_key()));
        Self { authorities: self.authorities.clone(), identity }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// Who must have a commit before it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durable {
    /// The primary and at least one synchronous standby, so that losing the primary loses nothing.
    Majority,
    /// The primary.
    One,
}

/// The name of a schema. A plain name, so that it can be part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema(String);

impl Schema {
    /// The most bytes in a name; the server would cut a longer one.
    const MAX_BYTES: usize = 63;

    /// A name of a-z, 0-9 and _, or nothing for any other text. This is what keeps SQL out of the configuration.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let fits = (1..=Self::MAX_BYTES).contains(&name.len());
        (fits && name.bytes().all(is_plain)).then(|| Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it is written in a statement.
    pub(super) fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }
}
