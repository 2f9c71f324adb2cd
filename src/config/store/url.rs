//! `store.url`: the scheme of the engine, and where a shared database is. No error repeats the URL, which may have a
//! password.

use std::net::IpAddr;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::store::postgres::Host;

const USUAL_PORT: u16 = 5432;
/// What every part of a URL needs.
const SHAPE: &str = "must be \"sled\", or a URL such as postgres://gatepost@db1:5432,db2:5432/gatepost";

/// A `store.url`.
pub(super) enum Url {
    /// The engine in the data folder.
    Sled,
    /// PostgreSQL.
    Postgres(Address),
}

/// Where a PostgreSQL database is.
pub(super) struct Address {
    pub(super) user: String,
    pub(super) password: Option<Zeroizing<String>>,
    pub(super) hosts: Vec<Host>,
    pub(super) database: String,
    /// Whether TLS is used.
    pub(super) has_tls: bool,
}

impl Url {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "sled" {
            return Ok(Self::Sled);
        }
        let (scheme, rest) = text.split_once("://").ok_or(SHAPE)?;
        match scheme {
            "postgres" | "postgresql" => Address::parse(rest).map(Self::Postgres),
            "etcd" => Err("etcd:// is not supported by this version".into()),
            _ => Err(SHAPE.into()),
        }
    }
}

impl Address {
    fn parse(rest: &str) -> Result<Self, String> {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = Query::parse(query)?;
        let (authority, database) =
            rest.split_once('/').ok_or("must name the database after the host, as in …/gatepost")?;
        if database.contains(['/', '#']) || authority.contains('#') {
            return Err("has a / or # in its user, password or database; write it as %2F or %23".into());
        }
        let (login, names) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (login, None),
        };
        let (user, database) = (decoded(user)?, decoded(database)?);
        if user.is_empty() {
            return Err("must name the user before the host, as in postgres://gatepost@…".into());
        }
        if database.is_empty() {
            return Err("must name the database after the host, as in …/gatepost".into());
        }
        let password = password.map(|password| decoded(password).map(Zeroizing::new)).transpose()?;
        let hosts = match query.socket {
            Some(folder) if names.is_empty() => vec![Host::Unix(folder, query.port.unwrap_or(USUAL_PORT))],
            Some(_) => return Err("must name hosts, or a folder with ?host=/path, but not both".into()),
            None => names.split(',').map(host).collect::<Result<_, _>>()?,
        };
        let is_away = hosts.iter().any(|host| !is_here(host));
        let has_tls = match query.sslmode.as_deref() {
            None => is_away,
            Some("verify-full") => true,
            Some("disable") if !is_away => false,
            Some(_) => {
                return Err("must have sslmode=verify-full: any other sslmode proves no server; only on this machine, \
                            sslmode=disable is allowed"
                    .into());
            }
        };
        Ok(Self { user, password, hosts, database, has_tls })
    }
}

/// What follows the question mark.
#[derive(Default)]
struct Query {
    sslmode: Option<String>,
    socket: Option<PathBuf>,
    port: Option<u16>,
}

impl Query {
    fn parse(text: &str) -> Result<Self, String> {
        let mut query = Self::default();
        for (name, value) in text
            .split('&')
            .filter(|part| !part.is_empty())
            .map(|part| part.split_once('=').unwrap_or((part, "")))
        {
            match name {
                "sslmode" => query.sslmode = Some(decoded(value)?),
                "host" => {
                    let folder = PathBuf::from(decoded(value)?);
                    if !folder.is_absolute() {
                        let sentence = "can have ?host= only with the folder of a unix socket, as in ?host=/run/postgresql";
                        return Err(sentence.into());
                    }
                    query.socket = Some(folder);
                }
                "port" => query.port = Some(value.parse().map_err(|_| "has a port that is not a number")?),
                "target_session_attrs" => {
                    return Err(
                        "must not have target_session_attrs: Gatepost finds the primary by itself".into()
                    );
                }
                _ => return Err("can have only sslmode, host and port after the question mark".into()),
            }
        }
        Ok(query)
    }
}

/// A name or an address, with or without a port. An IPv6 address is in brackets.
fn host(text: &str) -> Result<Host, String> {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, rest) = rest.split_once(']').ok_or(SHAPE)?;
            address.parse::<IpAddr>().map_err(|_| SHAPE)?;
            (address, rest.strip_prefix(':').or((rest.is_empty()).then_some("")).ok_or(SHAPE)?)
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(SHAPE.into());
    }
    let port = if port.is_empty() {
        USUAL_PORT
    } else {
        port.parse().map_err(|_| "has a port that is not a number")?
    };
    Ok(Host::Tcp(name.to_owned(), port))
}

/// Whether a server is on this machine, so that no one is in between.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(..) => true,
        Host::Tcp(name, _) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
        }
    }
}

fn decoded(text: &str) -> Result<String, String> {
    let bad = || "has a % that is not percent-encoding; write it as %25".to_owned();
    let is_hex = |at: usize| {
        text.as_bytes().get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if text.match_indices('%').any(|(at, _)| !is_hex(at)) {
        return Err(bad());
    }
    let text = percent_decode_str(text).decode_utf8().map_err(|_| bad())?;
    if text.contains(char::is_control) {
        Err("has a control character".into())
    } else {
        Ok(text.into_owned())
    }
}
