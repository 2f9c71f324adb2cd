//! The whole product in this process, on a real port, with a clock moved by hand, seeded
//! entropy, the engine of this run and the mailbox transport.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use gatepost::domain::Settings;
use gatepost::domain::error::Error;
use gatepost::domain::ports::{Clock, Mailbox, ShownLetter, Store, StoreError, Versioned, World};
use gatepost::domain::record::Record;
use gatepost::domain::record::ids::LetterId;
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::token::KeyRing;
use gatepost::domain::upkeep::Swept;
use gatepost::mail::{RecentLetters, SmtpServer, SmtpSettings, TransportSettings};
use gatepost::web::House;

use tempfile::TempDir;

use super::caller::{Caller, Door};
use super::chaotic::ChaoticStore;
pub(crate) use super::compare::without_random_values;
use super::engine::{Engine, Opened};
use super::leftovers::Leftovers;
use super::running::{Work, start_with_keys};
use super::world::{TestClock, world};

/// Whether new accounts are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registration {
    Open,
    Closed,
}

impl Registration {
    fn settings(self) -> Settings {
        Settings { registration: self == Self::Open, ..Settings::default() }
    }
}

/// An email with a link and a code, as its reader sees it.
#[derive(Clone, Debug)]
pub(crate) struct SignInLetter {
    pub(crate) link: String,
    pub(crate) code: String,
    pub(crate) text: String,
}

impl SignInLetter {
    /// Six digits that are not the code.
    pub(crate) fn wrong_code(&self) -> String {
        let number: u32 = self.code.parse().unwrap();
        format!("{:06}", (number + 1) % 1_000_000)
    }
}

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
    letters: Arc<RecentLetters>,
    world: World,
    keys: String,
    read: Mutex<Vec<LetterId>>,
    // Stops when it is dropped.
    pub(crate) work: Work,
    // Dropped after the work has stopped, so that nothing writes into a folder that no longer exists.
    #[expect(dead_code, reason = "is removed when it is dropped")]
    folder: Option<TempDir>,
}

impl App {
    pub(crate) async fn start() -> Self {
        Self::start_with(Registration::Open).await
    }

    pub(crate) async fn start_with(registration: Registration) -> Self {
        Self::start_as(registration.settings()).await
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
        Self::over(opened(Engine::Memory), settings, transport, letters, home).await
    }

    /// With email sent to a mail server on this port.
    pub(crate) async fn start_with_smtp(port: u16) -> Self {
        Self::start_with_smtp_as(Settings::default(), port).await
    }

    /// The same with these settings.
    pub(crate) async fn start_with_smtp_as(settings: Settings, port: u16) -> Self {
        let server = SmtpServer::parse(&format!("smtp://127.0.0.1:{port}?tls=none")).unwrap();
        let transport = TransportSettings::Smtp(SmtpSettings { server, trusted: vec![] });
        Self::over(opened(Engine::Memory), settings, transport, Arc::default(), "/").await
    }

    /// With the product's own engine, on a real disk, unless this run is for another one.
    pub(crate) async fn start_on_disk() -> Self {
        let letters = Arc::new(RecentLetters::new());
        let transport = TransportSettings::Mailbox(letters.clone());
        Self::over(opened(Engine::Sled), Settings::default(), transport, letters, "/").await
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

    /// Waits for the next unread email to an address, with its link and code.
    pub(crate) async fn letter_to(&self, email: &str) -> SignInLetter {
        let letter = self.news_to(email).await;
        let code = letter.code.unwrap().as_str().to_owned();
        SignInLetter { link: letter.link.unwrap(), code, text: letter.text }
    }

    /// Waits for the next unread email to an address, and until the outbox knows that it was sent.
    pub(crate) async fn news_to(&self, email: &str) -> ShownLetter {
        let letter = loop {
            let seen = self.letters.arrivals();
            if let Some(letter) =
                self.unread().into_iter().find(|letter| letter.to.as_str().eq_ignore_ascii_case(email))
            {
                break letter;
            }
            self.letters.arrival_after(seen).await;
        };
        self.read.lock().unwrap().push(letter.id);
        self.all_letters_gone().await;
        letter
    }

    /// Reads all emails once the outbox is empty, for a race whose outcome is open.
    pub(crate) async fn read_all(&self) -> Vec<ShownLetter> {
        self.all_letters_gone().await;
        let letters = self.unread();
        self.read.lock().unwrap().extend(letters.iter().map(|letter| letter.id));
        letters
    }

    /// All emails that ever arrived, read or not, the newest first.
    pub(crate) fn letters(&self) -> Vec<ShownLetter> {
        let mut letters = self.letters.letters(None);
        letters.retain(|letter| !self.leftovers.has_letter(letter.id));
        letters
    }

    async fn all_letters_gone(&self) {
        while self.house.gatepost.next_letter_due().await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    }

    /// Moves the clock on, then lets the worker try what is due in the outbox: everything, or one email if
    /// the mail server cannot be used.
    pub(crate) async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        let is_claimed =
            |found: &Versioned| matches!(&found.record, Record::Letter(it) if it.lease.is_some());
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

    /// No email was sent except those that were read, and none is queued: one that is still on its way
    /// would arrive too late to be seen.
    pub(crate) async fn expect_no_letter(&self) {
        assert_eq!(self.house.gatepost.next_letter_due().await.unwrap(), None, "an email is queued");
        self.expect_all_read();
    }

    fn expect_all_read(&self) {
        let unread: Vec<String> = self.unread().iter().map(|letter| letter.to.to_string()).collect();
        assert!(unread.is_empty(), "emails that no one read: {unread:?}");
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

    fn unread(&self) -> Vec<ShownLetter> {
        let read = self.read.lock().unwrap();
        let mut letters = self.letters();
        letters.retain(|letter| !read.contains(&letter.id));
        letters.reverse();
        letters
    }
}

impl Drop for App {
    /// An email that no one read is one that no one expected. The same is true of a queued one, if emails arrive here
    /// and the store answers at once, as the memory store does.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.expect_all_read();
        let owed = self.house.gatepost.next_letter_due().now_or_never();
        if let Some(owed) = owed.filter(|_| self.house.site.has_mailbox) {
            assert_eq!(owed.unwrap(), None, "an email that no one waited for is queued");
        }
    }
}

/// A new store: on the engine that this run is for, or else on the `usual` one.
fn opened(usual: Engine) -> Opened {
    Opened::new(Engine::named().unwrap_or(usual))
}
