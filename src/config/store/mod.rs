//! The `[store]` section: which engine keeps the records, and where.

mod url;

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use self::url::{Address, Url};
use super::access::{Others, View};
use super::source::Sources;
use super::value;
use crate::mail::certificate_authorities;
use crate::store::postgres::{Durable, PostgresSettings, Schema, Tls};
use crate::store::shared::SharedSettings;

/// More than any machine that this runs on has.
const MOST_CACHE_MIB: usize = 65_536;
const USUAL_CONNECTIONS: usize = 16;
const USUAL_TIMEOUT: Duration = Duration::from_secs(5);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30);
const USUAL_SCHEMA: &str = "gatepost";
const URL: [&str; 2] = ["store.url", "store.url_file"];

/// Where the records are kept.
#[derive(Clone, Debug)]
pub enum Store {
    /// In the data folder.
    Embedded {
        /// How much of what was read is kept in memory, in MiB; 0 for what suits the machine.
        cache_mib: usize,
    },
    /// In a database that several processes share.
    Shared(Box<SharedSettings>),
}

impl Store {
    /// How it is reached, if it is shared.
    #[must_use]
    pub fn shared(&self) -> Option<&SharedSettings> {
        match self {
            Self::Embedded { .. } => None,
            Self::Shared(settings) => Some(settings.as_ref()),
        }
    }

    /// How much of what was read an embedded engine keeps in memory, in MiB.
    #[must_use]
    pub fn cache_mib(&self) -> usize {
        match self {
            Self::Embedded { cache_mib } => *cache_mib,
            Self::Shared(_) => 0,
        }
    }

    pub(super) fn read(sources: &mut Sources, data_dir: &Path) -> Self {
        let url = sources.secret(URL[0], URL[1]);
        let url = url.map_or(Ok(Url::Sled), |text| Url::parse(&text));
        let mistake = url.as_ref().err().cloned();
        sources.contradiction(&URL, mistake.is_some(), &mistake.unwrap_or_default());
        let cache_mib = sources.number("store.cache_mib", 0..=MOST_CACHE_MIB).unwrap_or(0);
        let given = Given::read(sources);
        match url {
            Ok(Url::Postgres(address)) => {
                let sentence = "is only for store.url = \"sled\"";
                sources.contradiction(&["store.cache_mib"], cache_mib != 0, sentence);
                Self::Shared(Box::new(SharedSettings::Postgres(given.postgres(sources, address, data_dir))))
            }
            Ok(Url::Sled) => {
                for key in given.unusual() {
                    let sentence = "is only for a store.url that begins with postgres://";
                    sources.contradiction(&[key], true, sentence);
                }
                Self::Embedded { cache_mib }
            }
            // It was reported, so this is never used.
            Err(_) => Self::Embedded { cache_mib },
        }
    }
}

/// The settings of a shared database.
struct Given {
    schema: Option<Schema>,
    password: Option<Zeroizing<String>>,
    authorities: Option<Vec<CertificateDer<'static>>>,
    chain: Option<Vec<CertificateDer<'static>>>,
    key: Option<(PrivateKeyDer<'static>, Option<String>)>,
    connections: Option<usize>,
    timeout: Option<Duration>,
    durable: Option<Durable>,
}

impl Given {
    fn read(sources: &mut Sources) -> Self {
        let view = sources.view();
        // Accepted with its only value, so that a file with all settings can be written.
        let _ = sources.text("store.session_cache", |text| match text {
            "0s" => Ok(()),
            _ => Err("must be \"0s\": this version keeps no sessions in memory".to_owned()),
        });
        Self {
            schema: sources.text("store.schema", |text| {
                let sentence = "must be a plain name of a-z, 0-9 and _, with at most 63 characters";
                Schema::named(text).ok_or_else(|| sentence.to_owned())
            }),
            password: sources.secret_in_file("store.password_file"),
            authorities: sources.optional("store.ca", certificates),
            chain: sources.optional("store.cert", certificates),
            key: sources.optional("store.key", |path| private_key(Path::new(path), view)),
            connections: sources.number("store.connections", 4..=1000),
            timeout: sources.text("store.timeout", value::duration(LONGEST_TIMEOUT, "30s")),
            durable: sources.text("store.durable", |text| match text {
                "majority" => Ok(Durable::Majority),
                "one" => Ok(Durable::One),
                _ => Err("must be \"majority\" or \"one\"".to_owned()),
            }),
        }
    }

    /// The keys whose value is not the default. The default is accepted everywhere, so that a file can have all settings.
    fn unusual(&self) -> Vec<&'static str> {
        let keys = [
            ("store.schema", self.schema.as_ref().is_some_and(|schema| schema.as_str() != USUAL_SCHEMA)),
            ("store.password_file", self.password.is_some()),
            ("store.ca", self.authorities.is_some()),
            ("store.cert", self.chain.is_some()),
            ("store.key", self.key.is_some()),
            ("store.connections", self.connections.is_some_and(|count| count != USUAL_CONNECTIONS)),
            ("store.timeout", self.timeout.is_some_and(|timeout| timeout != USUAL_TIMEOUT)),
            ("store.durable", self.durable.is_some_and(|durable| durable != Durable::Majority)),
        ];
        keys.into_iter().filter_map(|(key, is_unusual)| is_unusual.then_some(key)).collect()
    }

    fn postgres(self, sources: &mut Sources, address: Address, data_dir: &Path) -> PostgresSettings {
        let Address { user, password, hosts, database, has_tls } = address;
        let passwords = ["store.url", "store.url_file", "store.password_file"];
        let is_twice = password.is_some() && self.password.is_some();
        sources.contradiction(&passwords, is_twice, "the password is set twice");
        sources.contradiction(
            &["store.cert", "store.key"],
            self.chain.is_some() != self.key.is_some(),
            "set both store.cert and store.key, or neither",
        );
        let has_files = self.authorities.is_some() || self.chain.is_some();
        sources.warn(
            &["store.ca", "store.cert", "store.key", "store.url"],
            !has_tls && has_files,
            "store.ca, store.cert and store.key have no effect without sslmode=verify-full in store.url",
        );
        let (key, doubt) = self.key.map_or((None, None), |(key, doubt)| (Some(key), doubt));
        sources.warn(&["store.key"], doubt.is_some(), &doubt.unwrap_or_default());
        PostgresSettings {
            hosts,
            user,
            password: password.or(self.password),
            database,
            tls: has_tls.then(|| Tls {
                authorities: self.authorities.unwrap_or_else(|| machine(sources)),
                identity: self.chain.zip(key),
            }),
            schema: self
                .schema
                .or_else(|| Schema::named(USUAL_SCHEMA))
                .expect("the usual name is a plain one"),
            connections: self.connections.unwrap_or(USUAL_CONNECTIONS),
            timeout: self.timeout.unwrap_or(USUAL_TIMEOUT),
            durable: self.durable.unwrap_or(Durable::Majority),
            folder: data_dir.to_owned(),
        }
    }
}

/// The authorities of this machine.
fn machine(sources: &mut Sources) -> Vec<CertificateDer<'static>> {
    certificate_authorities().unwrap_or_else(|why| {
        sources.contradiction(&["store.ca"], true, &format!("{why}, or name a file with certificates"));
        Vec::new()
    })
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let unusable = |why: String| format!("{path}: {why}");
    let read = CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))?;
    let found = read.collect::<Result<Vec<_>, _>>().map_err(|error| unusable(error.to_string()))?;
    if found.is_empty() { Err(unusable("has no certificate in PEM format".into())) } else { Ok(found) }
}

/// A private key, and who else can read it.
fn private_key(path: &Path, view: View) -> Result<(PrivateKeyDer<'static>, Option<String>), String> {
    let shown = path.display();
    let key = PrivateKeyDer::from_pem_file(path).map_err(|error| format!("{shown}: {error}"))?;
    let metadata =
        File::open(path).and_then(|file| file.metadata()).map_err(|error| format!("{shown}: {error}"))?;
    let others = Others::of(&metadata, view);
    let doubt = others.read.as_ref().map(|other| {
        let (mode, fix) = (others.mode, others.fix(path, "600"));
        format!("{shown}: {other} can read this secret (mode {mode:04o}); {fix}")
    });
    Ok((key, doubt))
}
