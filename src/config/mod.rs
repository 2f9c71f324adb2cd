//! Turns file, environment and options into one checked configuration.
//!
//! All errors are collected and reported at once, before anything is written, so that an operator
//! does not have to start the server again after each fix. Options override the environment, the
//! environment overrides the file, and the file overrides the defaults. This is the only reader of
//! the environment.
//!
//! - `options`: the command-line options
//! - `source`: every key, and where its value comes from
//! - `value`: parsing single values
//! - `registration`, `store`, `mail`, `limits`, `backup`, `key_file`: the sections with these names, and the file
//!   with the keys
//! - `dangers`: settings that are allowed and dangerous
//! - `access`: who besides us could read or write a file
//! - `mistakes`: the list of all errors
//! - `again`: reading it at the start, and again while the server runs

pub mod access;
pub mod again;
pub mod backup;
mod dangers;
pub mod key_file;
mod limits;
pub mod mail;
mod mistakes;
mod options;
mod registration;
mod source;
pub mod store;
mod value;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use self::backup::Backup;
use self::key_file::KeyPlace;
use self::mail::{Mail, Transport};
pub use self::mistakes::Mistakes;
pub use self::options::{DEFAULT_FILE, Options};
use self::source::Sources;
pub use self::source::variables;
use self::store::Store;
use crate::domain::record::limits::Limits;
use crate::domain::record::next::Place;
use crate::domain::record::registration::RegistrationMode;
use crate::domain::token::KeyRing;
use crate::path::{self, Origin, Scheme};
use crate::web::MetricsToken;
use crate::web::edge::Listen;

const DEFAULT_LISTEN: Listen = Listen::Tcp(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080));
/// The longest line of an email that no mail program breaks.
const LINK_COLUMNS: usize = 76;
/// The length of the token in a link.
const TOKEN_CHARS: usize = 40;
const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// All settings, checked.
#[derive(Debug)]
pub struct Config {
    /// The public address of this server, if it was set.
    pub public_url: Option<Origin>,
    /// Where this server listens.
    pub listen: Listen,
    /// The data folder.
    pub data_dir: PathBuf,
    /// The name shown on pages and in emails.
    pub name: String,
    /// Where a sign-in without `next` leads.
    pub home: Place,
    /// Who can get an account without the operator.
    pub registration: RegistrationMode,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// Additional `Host` names, only for the API and `/forward-auth`.
    pub hosts: Vec<String>,
    /// The keys, if they are kept outside the data folder.
    pub keys: Option<KeyRing>,
    /// Where the keys are kept.
    pub key_place: KeyPlace,
    /// Who may see the metrics; without it, no one.
    pub metrics_token: Option<MetricsToken>,
    /// Where the records are kept.
    pub store: Store,
    /// How email is sent.
    pub mail: Mail,
    /// How long a link and a code stay valid, counted from delivery.
    pub link_lifetime: Duration,
    /// The minimum length of a new password in bytes.
    pub password_min_length: usize,
    /// How long a session may be idle.
    pub session_idle: Duration,
    /// The maximum lifetime of a session.
    pub session_absolute: Duration,
    /// How often things may be done.
    pub limits: Limits,
    /// Backups that the server makes by itself, if any.
    pub backup: Option<Backup>,
    /// How long events are kept.
    pub events_kept: Duration,
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (origin, listen, data_dir) = (self.origin(None), &self.listen, self.data_dir.display());
        write!(f, "{origin} on {listen}, data in {data_dir}, email {}", self.mail.transport)
    }
}

impl Config {
    /// The public address of this server. The default is localhost with the port from `listen`;
    /// `bound` has that port if the system chose it.
    #[must_use]
    pub fn origin(&self, bound: Option<SocketAddr>) -> Origin {
        let listen = match self.listen {
            Listen::Tcp(address) => Some(bound.unwrap_or(address).port()),
            Listen::Unix(_) => None,
        };
        let default = listen.map_or("http://localhost".to_owned(), |port| format!("http://localhost:{port}"));
        let default = || Origin::parse(&default).expect("localhost with a port is an origin");
        self.public_url.clone().unwrap_or_else(default)
    }

    /// Reads all settings, or those that need no restart beside the others of a `running` configuration.
    fn read(sources: &mut Sources, running: Option<&Self>) -> Self {
        let data_dir = sources.text("data_dir", value::path).unwrap_or_else(|| "data".into());
        let (keys, key_place) = match running {
            Some(running) => (None, running.key_place.clone()),
            None => match sources.keys() {
                Some((keys, place)) => (Some(keys), place),
                None => (None, KeyPlace::File(data_dir.join(key_file::NAME))),
            },
        };
        let config = Self {
            public_url: sources
                .optional("public_url", |text| Origin::parse(text).map_err(|error| error.to_string())),
            listen: sources.text("listen", value::listen).unwrap_or(DEFAULT_LISTEN),
            store: running.map_or_else(|| Store::read(sources, &data_dir), |running| running.store.clone()),
            data_dir,
            name: sources.text("name", value::name).unwrap_or_else(|| "Gatepost".to_owned()),
            home: sources.text("home", value::home).unwrap_or_else(|| value::home("/").expect("/ is a path")),
            registration: registration::read(sources),
            trusted_proxies: sources.list("trusted_proxies", value::network),
            hosts: sources.list("hosts", value::host),
            keys,
            key_place,
            metrics_token: access_to_metrics(sources),
            mail: running.map_or_else(|| Mail::read(sources), |running| running.mail.clone()),
            link_lifetime: sources
                .text("sign_in.link_lifetime", value::duration(60 * MINUTE, "60m"))
                .unwrap_or(10 * MINUTE),
            password_min_length: sources.number("password.min_length", 8..=64).unwrap_or(12),
            session_idle: sources.text("session.idle", value::duration(400 * DAY, "400d")).unwrap_or(7 * DAY),
            session_absolute: sources
                .text("session.absolute", value::duration(400 * DAY, "400d"))
                .unwrap_or(30 * DAY),
            limits: limits::read(sources),
            backup: backup::read(sources),
            events_kept: sources.text("events.keep", value::days(7, 3650)).unwrap_or(90 * DAY),
        };
        config.contradictions(sources);
        config.oddities(sources);
        config
    }

    /// Reports settings that contradict each other.
    fn contradictions(&self, sources: &mut Sources) {
        let origin = self.origin(None);
        let is_https = origin.scheme() == Scheme::Https;
        sources.contradiction(
            &["public_url"],
            !is_https && !origin.is_loopback(),
            "http is allowed only for localhost; use https for anything others can reach",
        );
        let is_behind_a_proxy = !self.trusted_proxies.is_empty() || matches!(self.listen, Listen::Unix(_));
        sources.contradiction(
            &["public_url", "trusted_proxies", "listen"],
            is_https && !is_behind_a_proxy,
            "https needs a reverse proxy: list its address in trusted_proxies, or listen on a unix socket",
        );
        let is_open = !origin.is_loopback() || !is_loopback(&self.listen);
        sources.contradiction(
            &["mail.transport", "public_url", "listen"],
            matches!(self.mail.transport, Transport::Mailbox) && is_open,
            "the mailbox shows every message to anyone who can reach it, so public_url and listen must be \
             on loopback; or set mail.transport to \"smtp\" or \"sendmail\"",
        );
        sources.contradiction(
            &["mail.transport", "listen"],
            matches!(self.mail.transport, Transport::Mailbox)
                && !is_open
                && matches!(self.listen, Listen::Unix(_)),
            "the mailbox is not available through a unix socket, which counts as a proxy; \
             set mail.transport to \"smtp\" or \"sendmail\", or listen on loopback",
        );
        sources.contradiction(
            &["session.idle", "session.absolute"],
            self.session_idle > self.session_absolute,
            "session.idle must not be longer than session.absolute",
        );
    }

    /// Warns about settings that are allowed but probably not intended.
    fn oddities(&self, sources: &mut Sources) {
        let origin = self.origin(None);
        let link = origin.link(&path::link(&"x".repeat(TOKEN_CHARS))).len();
        sources.warn(
            &["public_url"],
            link > LINK_COLUMNS,
            &format!(
                "public_url is too long: links would be {link} characters, and mail programs may break lines \
                 over {LINK_COLUMNS}"
            ),
        );
        let is_sent = !matches!(self.mail.transport, Transport::Mailbox) && origin.scheme() == Scheme::Https;
        sources.warn(
            &["mail.from", "mail.transport", "public_url"],
            is_sent && self.mail.from == mail::default_from(),
            "mail.from is not set; few mail servers accept mail from gatepost@localhost",
        );
    }
}

/// The token for the metrics.
fn access_to_metrics(sources: &mut Sources) -> Option<MetricsToken> {
    let keys = ["metrics_token", "metrics_token_file"];
    let text = sources.secret(keys[0], keys[1])?;
    let token = MetricsToken::new(&text);
    let sentence =
        "must have at least 16 characters, without spaces; `openssl rand -hex 32` prints a good one";
    sources.contradiction(&keys, token.is_none(), sentence);
    token
}

/// Whether only this machine can reach it.
fn is_loopback(listen: &Listen) -> bool {
    match listen {
        Listen::Tcp(address) => address.ip().to_canonical().is_loopback(),
        Listen::Unix(_) => true,
    }
}
