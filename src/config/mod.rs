//! File, environment and options to one checked configuration.
//!
//! Every mistake is collected and told at once, before anything is written: who mends a server by
//! candlelight should not have to start it five times. Options go before environment, environment
//! before file, file before defaults. The only reader of the environment.

pub mod key_file;
pub mod mail;
mod source;
mod value;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use self::mail::{Mail, Transport};
use self::source::Sources;
pub use self::source::variables;
use crate::domain::next::Next;
use crate::domain::token::KeyRing;
use crate::path::{self, Origin, Scheme};
use crate::web::edge::Listen;

/// Read when no other file is named, if it is there.
pub const DEFAULT_FILE: &str = "config.toml";

const DEFAULT_LISTEN: Listen = Listen::Tcp(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080));
/// The longest line of a letter that every mail program leaves whole.
const LINK_COLUMNS: usize = 76;
/// How long the token in a link is.
const TOKEN_CHARS: usize = 40;
const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The file to read; must be there when it is named.
    pub file: Option<PathBuf>,
    /// In place of `data_dir`.
    pub data_dir: Option<PathBuf>,
    /// In place of `listen`.
    pub listen: Option<String>,
}

/// Everything an operator decides, checked.
#[derive(Debug)]
pub struct Config {
    /// Where people reach this server, if it was said.
    pub public_url: Option<Origin>,
    /// Where this server listens.
    pub listen: Listen,
    /// The folder of store and key.
    pub data_dir: PathBuf,
    /// What the product calls itself, on pages and in letters.
    pub name: String,
    /// Where a sign-in without `next` leads.
    pub home: Next,
    /// Whether an unknown address may become an account.
    pub registration: bool,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Further `Host` names, for the API and `/forward-auth` alone.
    pub hosts: Vec<String>,
    /// The keys, when they are kept elsewhere than in the data folder.
    pub keys: Option<KeyRing>,
    /// How letters leave.
    pub mail: Mail,
    /// How long link and code are good, counted from delivery.
    pub link_lifetime: Duration,
    /// The fewest bytes of a new password.
    pub password_min_length: usize,
    /// How long a session may lie unused.
    pub session_idle: Duration,
    /// How long a session lasts at most.
    pub session_absolute: Duration,
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (origin, listen, data_dir) = (self.origin(None), &self.listen, self.data_dir.display());
        write!(f, "{origin} on {listen}, data in {data_dir}, mail by {}", self.mail.transport)
    }
}

/// Everything that is wrong with a configuration, one line each; and what is odd about it, which may
/// be the reason: a variable that is misspelt is unknown, and so the key it was meant for is missing.
#[derive(Debug)]
pub struct Mistakes {
    mistakes: Vec<String>,
    warnings: Vec<String>,
}

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mistakes.len() {
            1 => write!(f, "the configuration has a mistake:")?,
            count => write!(f, "the configuration has {count} mistakes:")?,
        }
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))?;
        self.warnings.iter().try_for_each(|warning| write!(f, "\nwarning: {warning}"))
    }
}

/// A configuration, and what its operator might want to know about it.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What is no mistake but odd, one line each.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads and checks everything. Writes nothing.
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn load(options: &Options) -> Result<Loaded, Mistakes> {
        let (config, sources) = match Sources::gather(options) {
            Ok(mut sources) => (Some(Self::read(&mut sources)), sources),
            Err(sources) => (None, sources),
        };
        let (mistakes, warnings) = sources.finish();
        match config {
            Some(config) if mistakes.is_empty() => Ok(Loaded { config, warnings }),
            _ => Err(Mistakes { mistakes, warnings }),
        }
    }

    /// Where people reach this server. What nobody said is localhost at the port it listens on;
    /// `bound` tells that port where the system chose it.
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

    fn read(sources: &mut Sources) -> Self {
        let config = Self {
            public_url: sources
                .optional("public_url", |text| Origin::parse(text).map_err(|error| error.to_string())),
            listen: sources.text("listen", value::listen).unwrap_or(DEFAULT_LISTEN),
            data_dir: sources.text("data_dir", value::path).unwrap_or_else(|| "data".into()),
            name: sources.text("name", value::name).unwrap_or_else(|| "Gatepost".to_owned()),
            home: sources.text("home", value::home).unwrap_or_else(|| value::home("/").expect("/ is a path")),
            registration: sources.switch("registration").unwrap_or(true),
            trusted_proxies: sources.list("trusted_proxies", value::network),
            hosts: sources.list("hosts", value::host),
            keys: sources.keys(),
            mail: Mail::read(sources),
            link_lifetime: sources
                .text("sign_in.link_lifetime", value::duration(60 * MINUTE, "60m"))
                .unwrap_or(10 * MINUTE),
            password_min_length: sources.number("password.min_length", 8..=64).unwrap_or(12),
            session_idle: sources.text("session.idle", value::duration(400 * DAY, "400d")).unwrap_or(7 * DAY),
            session_absolute: sources
                .text("session.absolute", value::duration(400 * DAY, "400d"))
                .unwrap_or(30 * DAY),
        };
        config.contradictions(sources);
        config.oddities(sources);
        config
    }

    /// What is wrong only in what it is beside.
    fn contradictions(&self, sources: &mut Sources) {
        let origin = self.origin(None);
        let is_https = origin.scheme() == Scheme::Https;
        sources.contradiction(
            &["public_url"],
            !is_https && !origin.is_loopback(),
            "http is for this machine alone (localhost): what others reach needs https",
        );
        let is_behind_a_proxy = !self.trusted_proxies.is_empty() || matches!(self.listen, Listen::Unix(_));
        sources.contradiction(
            &["public_url", "trusted_proxies", "listen"],
            is_https && !is_behind_a_proxy,
            "https is spoken by a proxy in front: name its address in trusted_proxies, or listen on a unix socket",
        );
        let is_open = !origin.is_loopback() || !is_loopback(&self.listen);
        sources.contradiction(
            &["mail.transport", "public_url", "listen"],
            matches!(self.mail.transport, Transport::Mailbox) && is_open,
            "the mailbox shows every letter to everybody, so public_url and listen must be on loopback: \
             set mail.transport to \"smtp\" or \"sendmail\"",
        );
        sources.contradiction(
            &["mail.transport", "listen"],
            matches!(self.mail.transport, Transport::Mailbox)
                && !is_open
                && matches!(self.listen, Listen::Unix(_)),
            "the mailbox answers nobody through a socket, whose other end counts as a proxy: \
             set mail.transport to \"smtp\" or \"sendmail\", or listen on loopback",
        );
        sources.contradiction(
            &["session.idle", "session.absolute"],
            self.session_idle > self.session_absolute,
            "a session cannot lie unused for longer than it lasts",
        );
    }

    /// What may be meant, but hardly is.
    fn oddities(&self, sources: &mut Sources) {
        let origin = self.origin(None);
        let link = origin.link(&path::link(&"x".repeat(TOKEN_CHARS))).len();
        sources.warn(
            &["public_url"],
            link > LINK_COLUMNS,
            &format!(
                "public_url is so long that links have {link} characters: beyond {LINK_COLUMNS}, mail programs \
                 may break them"
            ),
        );
        let is_sent = !matches!(self.mail.transport, Transport::Mailbox) && origin.scheme() == Scheme::Https;
        sources.warn(
            &["mail.from", "mail.transport", "public_url"],
            is_sent && self.mail.from == mail::default_from(),
            "mail.from is not set: letters come from gatepost@localhost, which few mail servers take",
        );
    }
}

/// Whether only this machine reaches it.
fn is_loopback(listen: &Listen) -> bool {
    match listen {
        Listen::Tcp(address) => address.ip().to_canonical().is_loopback(),
        Listen::Unix(_) => true,
    }
}
