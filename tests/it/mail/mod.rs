//! Sending email through mail servers on real sockets: ones that behave well, ones that do not, and a real
//! one.

mod bad_servers;
mod claims;
mod clock;
mod connections;
mod delivery;
mod doubt;
mod emails;
mod ended;
pub(crate) mod full_store;
mod kept;
mod lanes;
mod last_answer;
mod mailbox;
mod meanwhile;
pub(crate) mod opensmtpd;
mod outage;
mod rate;
mod real_server;
mod reserve;
pub(crate) mod sendmail;
mod settings;
pub(crate) mod sink;
pub(crate) mod tls;
mod trial;
mod unanswered;
mod worker;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::error::Error;
use gatepost::domain::mailed::MailQueued;
use gatepost::domain::outbox::{Claim, Places};
use gatepost::domain::ports::{Company, Store, StoreError, World};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::registration::RegistrationMode;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::token::KeyRing;
use gatepost::domain::{Gatepost, Settings};
use gatepost::mail::{MailRoom, MailSettings, Sender, SmtpServer, SmtpSettings, Timeouts, TransportSettings};
use gatepost::path::Origin;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use self::sink::{Act, Security, Sink, Stage};
use crate::harness::engine::{Engine, Opened};
use crate::harness::limits::unlimited;
use crate::harness::world::{TestClock, world};

/// A little more than the longest delay. A longer sleep does not wait for a delayed email.
const LONGEST_DELAY: Duration = Duration::from_mins(6);

/// A domain that queues emails.
struct House {
    gatepost: Arc<Gatepost>,
    clock: Arc<TestClock>,
    world: World,
    /// Of a store on a disk. Removed when it is dropped.
    #[expect(dead_code, reason = "is removed when it is dropped")]
    folder: Option<TempDir>,
}

/// A running worker.
struct Worker {
    stop: CancellationToken,
    work: JoinHandle<()>,
}

impl House {
    async fn new() -> Self {
        let Opened { store, folder, .. } = Opened::new(Engine::named().unwrap_or(Engine::Memory)).await;
        Self { folder, ..Self::over(store, true).await }
    }

    async fn over(store: Arc<dyn Store>, is_open: bool) -> Self {
        let (world, clock) = world();
        let ring = KeyRing::parse(&KeyRing::generate(&world)).unwrap();
        let registration = if is_open { RegistrationMode::Open } else { RegistrationMode::Closed };
        let settings = Settings { registration, ..unlimited() };
        let gatepost = Gatepost::open(store, Company::Alone, world.clone(), ring, settings).await.unwrap();
        Self { gatepost: Arc::new(gatepost), clock, world, folder: None }
    }

    /// The same store in another run of the process. The key ring is the same; the entropy has moved on,
    /// which makes it another run.
    async fn next_run(self, store: Arc<dyn Store>) -> Self {
        let ring = KeyRing::parse(&KeyRing::generate(&world().0)).unwrap();
        let gatepost =
            Gatepost::open(store, Company::Alone, self.world.clone(), ring, unlimited()).await.unwrap();
        Self { gatepost: Arc::new(gatepost), ..self }
    }

    async fn request(&self, to: &str) -> MailQueued {
        let to = EmailAddress::parse(to).unwrap();
        self.gatepost.request_sign_in(&to, None, &[], &Client::server()).await.unwrap()
    }

    /// Claims everything that is due, like a worker that does nothing with it. A worker looks again if it got
    /// nothing because of a conflict.
    async fn claim_all(&self) -> Vec<Claim> {
        let (places, held) = (Places { usual: 10, slow: 10, all: 20, ..Places::default() }, HashSet::new());
        loop {
            let claims = certainly(|| self.gatepost.claim_letters(places, &held)).await;
            if !claims.is_empty() || !self.gatepost.has_claim_due(places, &held).await.unwrap() {
                return claims;
            }
        }
    }

    fn work(&self, settings: MailSettings) -> Worker {
        let stop = CancellationToken::new();
        let room = Arc::new(MailRoom::new(settings));
        let work = tokio::spawn(room.run(Arc::clone(&self.gatepost), stop.clone()));
        Worker { stop, work }
    }

    /// A worker that is stopping while the mail server has an email whole and has not said whether it takes it. The
    /// server says so once that is released.
    async fn stops_at_a_final_dot(&self) -> (Sink, Worker, watch::Sender<bool>) {
        let (release, held) = watch::channel(false);
        let sink = Sink::start(Security::None, move |moment| match moment.stage {
            Stage::Dot => Act::Hold(held.clone()),
            _ => Act::Behave,
        })
        .await;
        let worker = self.work(through_sink(&sink));
        self.request("ann@example.org").await;
        sink.until(|seen| seen.moments.iter().any(|moment| moment.stage == Stage::Dot)).await;
        worker.stop.cancel();
        (sink, worker, release)
    }

    /// From now on every retry happens at once.
    fn retries_at_once(&self) -> AbortOnDropHandle<()> {
        let clock = Arc::clone(&self.clock);
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                let at = clock.sleeper_within(LONGEST_DELAY).await;
                clock.advance_to(at);
            }
        }))
    }

    /// Waits until an email has been delayed, and returns when it is due again.
    async fn delayed_until(&self) -> Timestamp {
        let sleeper = self.clock.sleeper_within(LONGEST_DELAY);
        tokio::time::timeout(Duration::from_secs(20), sleeper).await.expect("an email is delayed")
    }

    /// Returns when no email is queued any more.
    async fn empties_its_outbox(&self) {
        let nothing = async {
            while self.gatepost.has_letters().await.unwrap() {
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

/// Does something again until it is certain that it is done, as the worker does.
async fn certainly<T, F: Future<Output = Result<T, Error>>>(act: impl Fn() -> F) -> T {
    loop {
        match act().await {
            Ok(done) => return done,
            Err(Error::Store(StoreError::InDoubt(_) | StoreError::Busy)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// For tests that are not about timeouts: long enough for a busy machine.
fn timeouts() -> Timeouts {
    Timeouts { store: Duration::from_millis(10), ..Timeouts::default() }
}

/// For tests about timeouts. The answer to a whole email has its usual time, by the clock of the house.
fn short_timeouts() -> Timeouts {
    Timeouts { step: Duration::from_millis(300), ..timeouts() }
}

fn through(transport: TransportSettings) -> MailSettings {
    MailSettings {
        transport,
        from: Sender::parse("Gatepost <gatepost@id.example.org>").unwrap(),
        public_url: Origin::parse("https://id.example.org").unwrap(),
        name: "Gatepost".into(),
        connections: 4,
        per_minute: 0,
        timeouts: timeouts(),
    }
}

fn smtp(url: &str) -> TransportSettings {
    TransportSettings::Smtp(SmtpSettings { server: SmtpServer::parse(url).unwrap(), trusted: Vec::new() })
}

/// Through a mail server without encryption.
fn through_sink(sink: &Sink) -> MailSettings {
    through(smtp(&format!("smtp://127.0.0.1:{}?tls=none", sink.port)))
}
