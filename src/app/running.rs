//! The house while it runs: doors, mail room and sweeper around one domain.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::config::Config;
use crate::config::mail::Transport;
use crate::domain::ports::{Mailbox, World};
use crate::domain::sweep::Swept;
use crate::domain::token::KeyRing;
use crate::domain::{Gatepost, Settings};
use crate::mail::{MailRoom, MailSettings, Patience, RecentLetters, SmtpSettings, TransportSettings};
use crate::path::{self, Origin};
use crate::store::sled::SledStore;
use crate::web::edge::{EdgeSettings, Limits, Listener, serve};
use crate::web::{House, Site, doors};

/// When stopping is given up: a second less than the ten it may take, for the store's last sync.
const LONGEST_STOP: Duration = Duration::from_secs(9);

/// Runs until `stop`, and then until what had begun is finished.
///
/// All of it is one task: a panic in any part ends the process, rather than leave it half alive.
pub(super) async fn run(
    config: &Config,
    store: Arc<SledStore>,
    ring: KeyRing,
    world: World,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let gatepost = Gatepost::open(store, world.clone(), ring, domain_settings(config)).await?;
    let gatepost = Arc::new(gatepost);
    let listener = Listener::bind(&config.listen)?;
    let origin = config.origin(listener.address());
    announce(config, &listener, &origin);

    let letters = is_mailbox(config).then(|| Arc::new(RecentLetters::new()));
    let mail = MailRoom::new(mail_settings(config, letters.clone(), origin.clone()));
    let house = House {
        gatepost: Arc::clone(&gatepost),
        mailbox: letters.map(|letters| letters as Arc<dyn Mailbox>),
        site: Arc::new(Site {
            name: config.name.clone(),
            public_url: origin.clone(),
            home: config.home.clone(),
            has_mailbox: is_mailbox(config),
        }),
    };
    let edge = EdgeSettings {
        public_url: origin,
        trusted_proxies: config.trusted_proxies.clone(),
        hosts: config.hosts.clone(),
        limits: Limits::default(),
    };
    let doors = doors(&house, edge.clone(), world);
    let work = async {
        tokio::join!(
            serve(listener, doors, edge, stop.clone()),
            Arc::new(mail).run(Arc::clone(&gatepost), stop.clone()),
            stop.run_until_cancelled(sweep(&gatepost)),
        )
    };
    let too_late = async {
        stop.cancelled().await;
        sleep(LONGEST_STOP).await;
    };
    tokio::select! {
        _ = work => {}
        () = too_late => tracing::warn!("what is still unfinished is left: mail stays owed"),
    }
    Ok(())
}

/// Removes what is over, for ever.
async fn sweep(gatepost: &Gatepost) {
    loop {
        match gatepost.sweep().await {
            Ok(Swept::More) => {}
            Ok(Swept::All) => gatepost.rest_between_sweeps().await,
            Err(error) => {
                tracing::warn!(%error, "what is over cannot be removed now");
                gatepost.rest_between_sweeps().await;
            }
        }
    }
}

/// The line that tells where everything is.
fn announce(config: &Config, listener: &Listener, origin: &Origin) {
    let listen = match listener.address() {
        Some(address) => address.to_string(),
        None => config.listen.to_string(),
    };
    let data_dir = config.data_dir.display();
    let mail = match &config.mail.transport {
        Transport::Mailbox => format!("shown on {}", origin.link(path::MAILBOX)),
        Transport::Smtp(server) => format!("sent by {server}"),
    };
    tracing::info!(listen, public_url = %origin, data_dir = %data_dir, mail, "serving");
}

fn is_mailbox(config: &Config) -> bool {
    matches!(config.mail.transport, Transport::Mailbox)
}

fn domain_settings(config: &Config) -> Settings {
    Settings {
        link_lifetime: config.link_lifetime,
        registration: config.registration,
        session_idle: config.session_idle,
        session_absolute: config.session_absolute,
    }
}

/// `letters` is where the mailbox transport leaves them to be seen.
pub(super) fn mail_settings(
    config: &Config,
    letters: Option<Arc<RecentLetters>>,
    public_url: Origin,
) -> MailSettings {
    MailSettings {
        transport: match &config.mail.transport {
            Transport::Mailbox => TransportSettings::Mailbox(letters.unwrap_or_default()),
            Transport::Smtp(server) => {
                TransportSettings::Smtp(SmtpSettings { server: server.clone(), trusted: Vec::new() })
            }
        },
        from: config.mail.from.clone(),
        public_url,
        name: config.name.clone(),
        connections: config.mail.connections,
        patience: Patience::default(),
    }
}
