//! The whole product in this process, on a real port, with a clock moved by hand, seeded
//! entropy, the engine of this run and the mailbox transport.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::error::Error;
use gatepost::domain::ports::{Clock, Store, StoreError, Versioned, World};
use gatepost::domain::record::Record;
use gatepost::domain::record::ids::LetterId;
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::record::registration::RegistrationMode;
use gatepost::domain::token::{KeyRing, key_lines};
use gatepost::domain::upkeep::Swept;
use gatepost::mail::{RecentLetters, SmtpServer, SmtpSettings, TransportSettings};
use gatepost::web::House;
use tempfile::TempDir;

use super::caller::{Caller, Door};
use super::chaotic::ChaoticStore;
pub(crate) use super::compare::without_random_values;
use super::engine::{Engine, Opened};
use super::leftovers::Leftovers;
use super::limits::unlimited;
pub(crate) use super::reading::SignInLetter;
use super::running::{Work, start_with_keys};
use super::world::{TestClock, world};

/// The product, running.
pub(crate) struct App {
    pub(crate) server: SocketAddr,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) house: House,
    /// The records, as the test itself reads and writes them.
    pub(super) store: Arc<dyn Store>,
    /// What no one knows about in them.
    pub(super) leftovers: Arc<Leftovers>,
    /// The same, as the server does.
    served: Arc<dyn Store>,
    pub(super) letters: Arc<RecentLetters>,
    pub(super) world: World,
    keys: String,
    pub(super) read: Mutex<Vec<LetterId>>,
    // Stops when it is dropped.
    pub(crate) work: Work,
    // Dropped after the work has stopped, so that nothing writes into a folder that no longer exists.
    #[expect(dead_code, reason = "is removed when it is dropped")]
    folder: Option<TempDir>,
}

impl App {
    pub(crate) async fn start() -> Self {
        Self::start_as(Settings::default()).await
    }

    /// Where these people can register.
    pub(crate) async fn start_with(registration: RegistrationMode) -> Self {
        Self::start_as(Settings { registration, ..Settings::default() }).await
    }

    pub(crate) async fn start_as(settings: Settings) -> Self {
        Self::start_at(settings, "/").await
    }

    /// With this `home`, where a sign-in without `next` leads.
    pub(crate) async fn start_with_home(home: &str) -> Self {
        Self::start_at(Settings::default(), home).await
    }

    async fn start_at(settings: Settings, home: &str) -> Self {
        let letters = Arc::new(RecentLetters::new());
        let transport = TransportSettings::Mailbox(letters.clone());
        Self::over(opened(Engine::Memory).await, settings, transport, letters, home).await
    }

    /// With email sent to a mail server on this port.
    pub(crate) async fn start_with_smtp(port: u16) -> Self {
        Self::start_with_smtp_as(Settings::default(), port).await
    }

    /// The same with these settings.
    pub(crate) async fn start_with_smtp_as(settings: Settings, port: u16) -> Self {
        let server = SmtpServer::parse(&format!("smtp://127.0.0.1:{port}?tls=none")).unwrap();
        let transport = TransportSettings::Smtp(SmtpSettings { server, trusted: vec![] });
        Self::over(opened(Engine::Memory).await, settings, transport, Arc::default(), "/").await
    }

    /// On a real disk, unless this run is for another engine, and without limits: for hundreds of things at once.
    pub(crate) async fn start_on_disk() -> Self {
        let letters = Arc::new(RecentLetters::new());
        let transport = TransportSettings::Mailbox(letters.clone());
        Self::over(opened(Engine::Sled).await, unlimited(), transport, letters, "/").await
    }

    /// With an engine that does what the test tells it.
    pub(crate) async fn start_on(store: &Arc<ChaoticStore>) -> Self {
        let letters = Arc::new(RecentLetters::new());
        let transport = TransportSettings::Mailbox(letters.clone());
        Self::over(Opened::chaotic(store), Settings::default(), transport, letters, "/").await
    }

    pub(super) async fn over(
        opened: Opened,
        settings: Settings,
        transport: TransportSettings,
        letters: Arc<RecentLetters>,
        home: &str,
    ) -> Self {
        let Opened { store: engine, calm: store, leftovers, folder } = opened;
        let (world, clock) = world();
        let keys = KeyRing::generate(&world);
        let (server, house, worker) =
            start_with_keys(engine.clone(), world.clone(), transport, settings, &keys, home).await;
        let read = Mutex::default();
        Self {
            server,
            clock,
            house,
            store,
            leftovers,
            served: engine,
            letters,
            world,
            keys,
            read,
            work: worker,
            folder,
        }
    }

    /// The same store, keys and clock in a new process with other settings. Callers have to reconnect.
    pub(crate) async fn restarted_as(mut self, settings: Settings) -> Self {
        let transport = TransportSettings::Mailbox(self.letters.clone());
        let (store, world) = (self.served.clone(), self.world.clone());
        (self.server, self.house, self.work) =
            start_with_keys(store, world, transport, settings, &self.keys, self.house.site.home.as_str())
                .await;
        self
    }

    /// From now on, a new key seals. The older one still opens.
    pub(crate) async fn rotate(&self) {
        let gatepost = &self.house.gatepost;
        let line = key_lines::new_line(gatepost.next_key(), &self.world);
        let ring = KeyRing::parse(&format!("{}{}", *line, self.keys)).unwrap();
        gatepost.adopt_keys(ring).await.unwrap();
    }

    /// A browser or program that has never been here.
    pub(crate) fn caller(&self, door: Door) -> Caller {
        Caller::new(door, self.server)
    }

    /// One that requested an email and followed its link.
    pub(crate) async fn signed_in(&self, door: Door, email: &str) -> Caller {
        let mut caller = self.caller(door);
        caller.ask(email).await;
        let letter = self.letter_to(email).await;
        caller.follow(&letter.link).await;
        assert!(caller.who().await.is_some(), "{email} is signed in");
        caller
    }

    /// Moves the clock on, then lets the worker try what is due in the outbox: everything, or one email if
    /// the mail server cannot be used.
    pub(crate) async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        let is_claimed = |found: &Versioned| matches!(&found.record, Record::Letter(it) | Record::TriedLetter(it, _) if it.lease.is_some());
        let is_due_later = |key: &Key| key.letter_due().unwrap() > self.clock.now();
        loop {
            let queued = self.store.scan(&Span::letters(), 100).await.unwrap().into_iter();
            let queued: Vec<_> = queued.filter_map(|(key, it)| Some((key, it.ok()?))).collect();
            let has_due = !queued.is_empty() && !queued.iter().any(|(key, _)| is_due_later(key));
            if !has_due && !queued.iter().any(|(_, found)| is_claimed(found)) {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Moves the clock on and removes everything that has expired.
    pub(crate) async fn sweep_after(&self, time: Duration) {
        self.clock.advance(time);
        self.sweep().await;
    }

    /// Removes everything that has expired. In doubt, the sweeper does it again too.
    pub(crate) async fn sweep(&self) {
        while matches!(
            self.house.gatepost.sweep().await,
            Ok(Swept::More) | Err(Error::Store(StoreError::InDoubt(_)))
        ) {}
    }
}

/// A new store: on the engine that this run is for, or else on the `usual` one.
async fn opened(usual: Engine) -> Opened {
    Opened::new(Engine::named().unwrap_or(usual)).await
}
