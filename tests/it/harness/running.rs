//! Puts the product together as the binary does, with the engines of the tests.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gatepost::app::{Parts, Running};
use gatepost::domain::Settings;
use gatepost::domain::ports::{Company, Store, World};
use gatepost::domain::record::next::Place;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::token::KeyRing;
use gatepost::domain::upkeep::{OpenError, RunEnded};
use gatepost::mail::{MailSettings, Sender, Timeouts, TransportSettings};
use gatepost::path::Origin;
use gatepost::web::edge::{EdgeSettings, Hosts, Limits, Listen, Listener};
use gatepost::web::{House, MetricsToken, Setting, Site, Source, Survey, Surveyor};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::limits::with_room;

/// What a program sends that may see the metrics.
pub(crate) const METRICS_TOKEN: &str = "Bearer a-token-for-the-metrics";

/// A running server. It stops when this value is dropped.
pub(crate) struct Work {
    stop: CancellationToken,
    work: JoinHandle<Result<(), RunEnded>>,
}

impl Work {
    /// Shuts the server down as a signal does.
    pub(crate) async fn ended(&mut self) {
        self.stop.cancel();
        (&mut self.work).await.unwrap().unwrap();
    }
}

impl Work {
    /// Waits until the server ends by itself, and returns why.
    pub(crate) async fn ended_by_itself(&mut self) -> RunEnded {
        (&mut self.work).await.unwrap().unwrap_err()
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.stop.cancel();
        self.work.abort();
    }
}

/// Starts a server with new keys on a free port of this machine.
pub(crate) async fn start(
    store: Arc<dyn Store>,
    world: World,
    transport: TransportSettings,
    settings: Settings,
) -> (SocketAddr, House, Work) {
    let keys = KeyRing::generate(&world);
    start_with_keys(store, world, transport, settings, &keys, "/").await
}

/// Starts a server with the keys that its store was written with, and with this home.
pub(crate) async fn start_with_keys(
    store: Arc<dyn Store>,
    world: World,
    transport: TransportSettings,
    settings: Settings,
    keys: &str,
    home: &str,
) -> (SocketAddr, House, Work) {
    open_with(Company::Alone, (store, world), transport, settings, keys, home).await.unwrap()
}

/// The same, in company.
pub(crate) async fn open_with(
    company: Company,
    (store, world): (Arc<dyn Store>, World),
    transport: TransportSettings,
    settings: Settings,
    keys: &str,
    home: &str,
) -> Result<(SocketAddr, House, Work), OpenError> {
    let listen = Listen::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let listener = Listener::bind(&listen).unwrap();
    let server = listener.address().unwrap();
    let public_url = Origin::parse(&format!("http://localhost:{}", server.port())).unwrap();
    let registration = settings.registration.clone();
    let has_mailbox = matches!(transport, TransportSettings::Mailbox(_));
    // All callers of a test share one client address, hundreds of them at once.
    let limits = Limits { connections_per_client: 5_000, ..Limits::default() };
    let parts = Parts {
        store,
        company,
        ring: KeyRing::parse(keys).unwrap(),
        world,
        domain: with_room(settings),
        mail: MailSettings {
            from: Sender::parse("Gatepost <gatepost@localhost>").unwrap(),
            public_url: public_url.clone(),
            name: "Gatepost".into(),
            connections: 4,
            per_minute: 0,
            timeouts: Timeouts { store: Duration::from_millis(1), ..Timeouts::default() },
            transport,
        },
        surveyor: Arc::new(Lookout),
        site: Site {
            name: "Gatepost".into(),
            public_url: public_url.clone(),
            home: Place::parse(home).unwrap(),
            registration,
            has_mailbox,
            metrics_token: MetricsToken::new(METRICS_TOKEN.trim_start_matches("Bearer ")),
            settings: shown_settings(),
            dangers: vec!["public_url is <open>".into()],
        },
        edge: EdgeSettings { public_url, trusted_proxies: vec![], hosts: Hosts::default(), limits },
    };
    let running = Running::open(parts).await?;
    let house = running.house();
    let stop = CancellationToken::new();
    let work = tokio::spawn(running.run(listener, stop.clone()));
    Ok((server, house, Work { stop, work }))
}

/// A setting of each kind, as the configuration tells of them.
fn shown_settings() -> Vec<Setting> {
    let setting = |key, value: Option<&str>, source| {
        let (value, is_secret) = (value.map(str::to_owned), value.is_none());
        Setting { key, value, source, is_secret }
    };
    vec![
        setting("name", Some("Gate <b>post"), Source::File),
        setting("listen", Some("127.0.0.1:8080"), Source::Default),
        setting("metrics_token", None, Source::Environment),
    ]
}

/// Finds the same every time.
struct Lookout;

impl Surveyor for Lookout {
    fn survey(&self) -> Survey {
        let warnings = vec!["disk: 1177 MiB are free for <data>".into()];
        Survey { engine: "memory", disk_free_bytes: Some(1_234_567_890), warnings, at: Timestamp::default() }
    }
}
