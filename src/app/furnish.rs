//! Turns the configuration into the settings of each part.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use xxhash_rust::xxh3::xxh3_128;

use super::operator::DeskSettings;
use super::running::Parts;
use crate::config::mail::Transport;
use crate::config::{self, Config};
use crate::domain::Settings;
use crate::domain::password::PasswordPolicy;
use crate::domain::ports::{Company, Membership, World};
use crate::domain::record::node::Profile;
use crate::domain::record::password::Cost;
use crate::domain::token::KeyRing;
use crate::mail::{MailSettings, RecentLetters, SendmailSettings, SmtpSettings, Timeouts, TransportSettings};
use crate::path::Origin;
use crate::store::codec::FORMATS;
use crate::store::life::Life;
use crate::web::edge::{EdgeSettings, Limits};
use crate::web::{Setting, Site, Source, Surveyor};

/// The parts of the server, as configured. `origin` is its public address.
pub(super) fn furnish(
    config: &Config,
    origin: Origin,
    (store, settings): (Arc<dyn Life>, Vec<Setting>),
    ring: KeyRing,
    world: World,
    surveyor: Arc<dyn Surveyor>,
) -> Parts {
    let company = company(config, &store);
    Parts {
        store,
        company,
        ring,
        world,
        domain: domain(config),
        mail: mail(config, origin.clone()),
        site: site(config, origin.clone(), settings),
        edge: edge(config, origin),
        surveyor,
    }
}

/// Who else uses the store of a server.
pub(super) fn company(config: &Config, store: &Arc<dyn Life>) -> Company {
    let (Some(engine), Some(settings)) = (Arc::clone(store).shared(), config.store.shared()) else {
        return Company::Alone;
    };
    let profile = Profile {
        name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        formats: FORMATS,
        settings: digest(config),
        shows_emails: matches!(config.mail.transport, Transport::Mailbox),
    };
    Company::Shared(Box::new(Membership { engine, profile, timeout: settings.timeout() }))
}

/// A digest of the settings that all servers of a store should have alike. Another version of this program may have
/// another one for the same settings, which causes a warning and nothing else.
pub(super) fn digest(config: &Config) -> [u8; 16] {
    let Config { public_url, registration, hosts, session_idle, session_absolute, limits, .. } = config;
    let settings = format!("{:?}", (public_url, registration, hosts, session_idle, session_absolute, limits));
    xxh3_128(settings.as_bytes()).to_be_bytes()
}

/// What every page shows.
pub(super) fn site(config: &Config, public_url: Origin, mut settings: Vec<Setting>) -> Site {
    // Its default depends on another setting, and perhaps on the system.
    let own = settings.iter_mut().find(|setting| setting.key == "public_url");
    if let Some(own) = own.filter(|own| own.source == Source::Default) {
        own.value = Some(public_url.to_string());
    }
    Site {
        name: config.name.clone(),
        public_url,
        home: config.home.clone(),
        registration: config.registration.clone(),
        has_mailbox: matches!(config.mail.transport, Transport::Mailbox),
        metrics_token: config.metrics_token.clone(),
        settings,
        dangers: config.dangers(),
    }
}

/// How the socket is protected.
pub(super) fn edge(config: &Config, public_url: Origin) -> EdgeSettings {
    EdgeSettings {
        public_url,
        trusted_proxies: config.trusted_proxies.clone(),
        hosts: config.hosts.clone().into(),
        limits: Limits::default(),
    }
}

/// What the operator's orders need. `public_url` is the public address of the server.
pub(super) fn desk(config: &Config, public_url: Origin) -> DeskSettings {
    let sends_email = !matches!(config.mail.transport, Transport::Mailbox);
    DeskSettings { public_url, sends_email, keys: config.key_place.clone() }
}

/// The settings of the domain.
pub(super) fn domain(config: &Config) -> Settings {
    Settings {
        link_lifetime: config.link_lifetime,
        registration: config.registration.clone(),
        passwords: PasswordPolicy { min_bytes: config.password_min_length, product: config.name.clone() },
        password_cost: Cost::default(),
        password_slots: available_parallelism().map_or(1, NonZero::get),
        session_idle: config.session_idle,
        session_absolute: config.session_absolute,
        limits: config.limits,
        events_kept: config.events_kept,
    }
}

/// How email is sent.
pub(super) fn mail(config: &Config, public_url: Origin) -> MailSettings {
    MailSettings {
        transport: match &config.mail.transport {
            Transport::Mailbox => TransportSettings::Mailbox(Arc::new(RecentLetters::new())),
            Transport::Smtp(server) => {
                TransportSettings::Smtp(SmtpSettings { server: server.clone(), trusted: Vec::new() })
            }
            Transport::Sendmail => TransportSettings::Sendmail(SendmailSettings {
                programs: SendmailSettings::usual_programs(),
                withheld: config::variables(),
            }),
        },
        from: config.mail.from.clone(),
        public_url,
        name: config.name.clone(),
        connections: config.mail.connections,
        per_minute: config.mail.per_minute,
        timeouts: Timeouts::default(),
    }
}
