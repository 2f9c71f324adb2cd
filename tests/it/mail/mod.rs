//! The mail room, against mail servers on real sockets: good ones, bad ones and a real one.

mod bad_servers;
mod connections;
mod delivery;
mod full_store;
mod letters;
pub(crate) mod opensmtpd;
mod real_server;
pub(crate) mod sendmail;
mod settings;
pub(crate) mod sink;
mod tls;
mod trial;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::mailed::MailQueued;
use gatepost::domain::ports::{Store, World};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::token::KeyRing;
use gatepost::domain::{Gatepost, Settings};
use gatepost::mail::{MailRoom, MailSettings, Patience, Sender, SmtpServer, SmtpSettings, TransportSettings};
use gatepost::path::Origin;
use gatepost::store::memory::MemoryStore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use self::sink::Sink;
use crate::harness::world::{TestClock, world};

/// A domain that owes letters.
struct House {
    gatepost: Arc<Gatepost>,
    clock: Arc<TestClock>,
    world: World,
}

/// A mail room at work.
struct Worker {
    stop: CancellationToken,
    work: JoinHandle<()>,
}

impl House {
    async fn new() -> Self {
        Self::over(Arc::new(MemoryStore::new()), true).await
    }

    async fn over(store: Arc<dyn Store>, registration: bool) -> Self {
        let (world, clock) = world();
        let ring = KeyRing::parse(&KeyRing::generate(&world)).unwrap();
        let settings = Settings { registration, ..Settings::default() };
        let gatepost = Gatepost::open(store, world.clone(), ring, settings).await.unwrap();
        Self { gatepost: Arc::new(gatepost), clock, world }
    }

    async fn ask(&self, to: &str) -> MailQueued {
        let to = EmailAddress::parse(to).unwrap();
        self.gatepost.request_sign_in(&to, None, &[], &Client::server()).await.unwrap()
    }

    fn work(&self, settings: MailSettings) -> Worker {
        let stop = CancellationToken::new();
        let room = Arc::new(MailRoom::new(settings));
        let work = tokio::spawn(room.run(Arc::clone(&self.gatepost), stop.clone()));
        Worker { stop, work }
    }

    /// From now on, letters that are to be tried again are tried at once.
    fn hurry(&self) -> AbortOnDropHandle<()> {
        let clock = Arc::clone(&self.clock);
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                let at = clock.sleeper_within(Duration::from_mins(4)).await;
                clock.advance_to(at);
            }
        }))
    }

    /// When a letter that was delayed is due again, once one is.
    async fn delayed_until(&self) -> Timestamp {
        // Less than a claim lasts: who sleeps for longer waits for no letter that came back.
        let sleeper = self.clock.sleeper_within(Duration::from_mins(4));
        tokio::time::timeout(Duration::from_secs(20), sleeper).await.expect("a letter is delayed")
    }

    /// Returns once no letter is owed any more.
    async fn owes_nothing(&self) {
        let nothing = async {
            while self.gatepost.next_letter_due().await.unwrap().is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), nothing).await.unwrap();
    }
}

impl Worker {
    async fn stops(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(20), self.work).await.unwrap().unwrap();
    }
}

/// The patience of a test that means no time-out to end: none ends a step of a busy machine.
fn patience() -> Patience {
    Patience { store: Duration::from_millis(10), ..Patience::default() }
}

/// The patience of a test about time-outs.
fn short_patience() -> Patience {
    Patience { step: Duration::from_millis(300), whole: Duration::from_secs(3), ..patience() }
}

fn through(transport: TransportSettings) -> MailSettings {
    MailSettings {
        transport,
        from: Sender::parse("Gatepost <gatepost@id.example.org>").unwrap(),
        public_url: Origin::parse("https://id.example.org").unwrap(),
        name: "Gatepost".into(),
        connections: 4,
        patience: patience(),
    }
}

fn smtp(url: &str) -> TransportSettings {
    TransportSettings::Smtp(SmtpSettings { server: SmtpServer::parse(url).unwrap(), trusted: Vec::new() })
}

/// Through a mail server in the clear.
fn through_sink(sink: &Sink) -> MailSettings {
    through(smtp(&format!("smtp://127.0.0.1:{}?tls=none", sink.port)))
}
