//! Everything the server decides. Knows no HTTP, no HTML, no storage engine and no mail server.
//!
//! Every action reads, decides and makes one commit; on a conflict it reads and decides again. So
//! everything an action changes (account, used request, session, queued email, event) is written together
//! or not at all, and no race can use a request twice. Nothing else writes.
//!
//! How an action runs: a door calls a method of [`Gatepost`] in `person`, `profile`, `admin`, `operator` or
//! `mailed`. That method calls `decide_and_commit` with a function that reads records (`read`), decides,
//! and returns the change to commit.
//!
//! The rooms, from the top down. Each imports only from those below it.
//!
//! | room | what it owns |
//! | --- | --- |
//! | [`person`], [`profile`], [`admin`], [`operator`], [`upkeep`] | actions, by who acts; they never import each other |
//! | [`mailed`] | requesting an email, waiting for it, opening its link, redeeming it; changing who an address belongs to |
//! | `limits` | how often things may be done at an address, by a client, and in all |
//! | [`session`] | being signed in |
//! | [`outbox`] | emails waiting to be sent |
//! | `read` | records with their versions, and who an address belongs to |
//! | this file | [`Gatepost`], and the one commit of each action |
//! | [`error`] | every refusal |
//! | [`password`] | which passwords are accepted, and how they are hashed |
//! | `run` | what one run keeps in memory: the emails queued last, refusals and last uses until they are written, what was done lately |
//! | [`token`] | the key ring and every secret derived from it |
//! | [`ports`] | what the domain needs from outside |
//! | [`record`] | what is stored |

pub mod admin;
pub mod error;
mod limits;
pub mod mailed;
pub mod operator;
pub mod outbox;
pub mod password;
pub mod person;
pub mod ports;
pub mod profile;
mod read;
pub mod record;
mod run;
pub mod session;
pub mod token;
pub mod upkeep;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::Semaphore;

use self::error::Error;
use self::password::Slots;
use self::ports::{Change, Class, Committed, Store, StoreError, World};
use self::record::Record;
use self::record::client::Client;
use self::record::event::Event;
use self::record::ids::RunId;
use self::record::key::Key;
use self::record::reckoning::{Bounds, Reckoning};
use self::record::salt::SaltSeed;
use self::record::store_generation::StoreGeneration;
use self::record::time::Timestamp;
pub use self::run::Settings;
use self::run::{Arrivals, Figures, LastUses, Limiter, MailTotals, Metered, Neighbours, Tally};
use self::token::KeyRing;

/// How often an action decides again after a conflict. Nearly every conflict means that another action
/// succeeded, so only a flood of actions on one account comes near this.
const MAX_ATTEMPTS: u32 = 100;
/// How many exports are in progress at once. Each reads everything an account has.
const EXPORTS_AT_ONCE: usize = 2;

/// What is found out once, at the start.
struct Lasting {
    salts: SaltSeed,
    /// Changes only while no server runs.
    store_generation: StoreGeneration,
    reckoning: Mutex<Reckoning>,
}

/// Carries out every action of the doors.
pub struct Gatepost {
    store: Arc<dyn Store>,
    world: World,
    ring: KeyRing,
    slots: Slots,
    settings: ArcSwap<Settings>,
    lasting: Lasting,
    run: RunId,
    /// The other runs that share the store; nothing for a run that has it to itself.
    neighbours: Option<Arc<Neighbours>>,
    arrivals: Arrivals,
    refusals: Tally,
    last_uses: LastUses,
    mail_totals: MailTotals,
    figures: Arc<Figures>,
    limiter: Limiter,
    exports: Arc<Semaphore>,
    /// The records that could not be read and were stepped over, so that each is logged once.
    unreadable: Mutex<BTreeSet<Key>>,
}

impl fmt::Debug for Gatepost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gatepost")
    }
}

impl Gatepost {
    /// `open` is the public way in, because it also checks the keys.
    fn new(
        (store, neighbours): (Arc<dyn Store>, Option<Arc<Neighbours>>),
        run: RunId,
        world: World,
        ring: KeyRing,
        lasting: Lasting,
        settings: Settings,
    ) -> Self {
        let figures = Arc::new(Figures::new());
        let clock = Arc::clone(&world.clock);
        Self {
            store: Metered::over(store, Arc::clone(&figures), clock, neighbours.clone()),
            world,
            ring,
            slots: Slots::new(settings.password_slots),
            settings: ArcSwap::from_pointee(settings),
            lasting,
            run,
            neighbours,
            arrivals: Arrivals::default(),
            refusals: Tally::default(),
            last_uses: LastUses::default(),
            mail_totals: MailTotals::default(),
            figures,
            limiter: Limiter::default(),
            exports: Arc::new(Semaphore::new(EXPORTS_AT_ONCE)),
            unreadable: Mutex::default(),
        }
    }

    /// The settings as they are now. Every session check looks at them, so this takes no lock.
    fn settings(&self) -> Guard<Arc<Settings>> {
        self.settings.load()
    }

    /// From now on decides by these settings; those of the places for hashing stay as they are.
    pub fn change_settings(&self, settings: Settings) {
        self.settings.store(Arc::new(settings));
    }

    /// What time it can be, after another look at both clocks.
    fn bounds(&self) -> Bounds {
        // In this order, a pause between the two looks like a jump ahead, which changes nothing unless it
        // lasts.
        let monotonic = self.world.clock.monotonic();
        let now = self.world.now();
        let mut reckoning = self.lasting.reckoning.lock().unwrap_or_else(PoisonError::into_inner);
        let before = reckoning.bounds(monotonic);
        let bounds = reckoning.observe(monotonic, now);
        drop(reckoning);
        match (before.agree(), bounds.agree()) {
            (true, false) => tracing::warn!("the clock jumped; nothing is removed because of it for an hour"),
            (false, true) => tracing::info!("the clock has not jumped for an hour"),
            _ => {}
        }
        bounds
    }

    /// The earliest time it can be. What a clock that is wrong for a moment must not destroy (a session, an
    /// undo, the reservation of an address) ends for good only when it is over by this time.
    fn earliest_now(&self) -> Timestamp {
        self.bounds().earliest
    }

    /// Runs `decide` and commits its change. On a conflict it decides again, from fresh reads.
    async fn decide_and_commit<T, F, D>(&self, client: &Client, decide: F) -> Result<T, Error>
    where
        F: Fn() -> D,
        D: Future<Output = Result<Decision<T>, Error>>,
    {
        let begun = self.world.clock.monotonic();
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 && self.is_out_of_time(begun) {
                break;
            }
            self.pause(attempt).await;
            let decided = decide().await.inspect_err(|error| self.count_throttled(error, client));
            let (change, event, answer) = match decided? {
                Decision::Answer(answer) => return Ok(answer),
                Decision::Commit { change, event, answer } => (change, event, answer),
            };
            // In doubt, it ends here: what may have been done must not be done again without being asked.
            if self.commit(change, event.as_ref(), client).await? == Committed::Yes {
                return answer;
            }
        }
        Err(StoreError::Busy.into())
    }

    /// Before deciding again: after the first conflict at once, then later and later, at random, so that
    /// those who met do not meet again. In real time, because it is about what runs at the same moment.
    async fn pause(&self, attempt: u32) {
        // With neighbours, whoever was in the way is at it again after the same time on its way to the store.
        if attempt > 1 || self.neighbours.is_some() {
            self.world.rest_before(attempt).await;
        }
    }

    /// Whether an action that began at `begun` has no time left for another attempt.
    fn is_out_of_time(&self, begun: Duration) -> bool {
        let timeout = self.neighbours.as_ref().map(|neighbours| neighbours.timeout);
        timeout.is_some_and(|timeout| self.world.clock.monotonic().saturating_sub(begun) >= timeout)
    }

    /// Adds an event to a change, and a copy under its account for the person's own history.
    fn put_event(&self, change: &mut Change, event: &Event) {
        let tail = self.world.random();
        change.put(Key::event(event.at, tail), Record::Event(event.clone()));
        if let Some(account) = event.account {
            change.put(Key::history(account, event.at, tail), Record::Event(event.clone()));
        }
    }

    /// Commits a change together with its event, and logs the event once it is durable. A refusal is counted
    /// in memory instead: a stranger must not be able to fill the store with them.
    async fn commit(
        &self,
        mut change: Change,
        event: Option<&Event>,
        client: &Client,
    ) -> Result<Committed, Error> {
        let queued = Arrivals::of(&change);
        let refusal = event.filter(|event| event.name.is_counted());
        if let Some(event) = event.filter(|_| refusal.is_none()) {
            self.put_event(&mut change, event);
        }
        if event.is_some_and(|event| event.name.is_protective()) {
            change.class = Class::Safety;
        }
        let emails = event.and_then(|_| change.emails());
        let committed = if change.writes.is_empty() {
            self.holds(&change).await
        } else {
            self.store.commit(change).await
        };
        // In doubt, the email may be queued as well, and nothing else would wake the worker.
        if matches!(committed, Ok(Committed::Yes) | Err(StoreError::InDoubt(_))) {
            self.arrivals.announce(queued);
        }
        if let (Ok(Committed::Yes), Some(event)) = (&committed, event) {
            event.log(&client.request_id, emails.as_deref());
            self.figures.event(event);
            if refusal.is_some() {
                self.refusals.count(event);
            }
        }
        Ok(committed?)
    }

    /// Whether everything that a change expects holds at one moment. For a change that writes nothing, this
    /// is all that committing it would do.
    async fn holds(&self, change: &Change) -> Result<Committed, StoreError> {
        let (keys, expected): (Vec<Key>, Vec<_>) = change.expectations.iter().cloned().unzip();
        let found = self.store.get(&keys).await?;
        let holds = found.iter().map(|found| found.as_ref().map(|found| found.version)).eq(expected);
        Ok(if holds { Committed::Yes } else { Committed::Conflict })
    }
}

/// The result of deciding, before anything is written.
#[expect(clippy::large_enum_variant, reason = "each is moved a few times and never kept")]
enum Decision<T> {
    /// Nothing to change.
    Answer(T),
    /// Commit this, then answer. A refusal may need a commit too: a wrong code is counted.
    Commit { change: Change, event: Option<Event>, answer: Result<T, Error> },
}

impl<T> Decision<T> {
    /// The same decision with another answer.
    fn map<U>(self, of: impl FnOnce(T) -> U) -> Decision<U> {
        match self {
            Self::Answer(answer) => Decision::Answer(of(answer)),
            Self::Commit { change, event, answer } => {
                Decision::Commit { change, event, answer: answer.map(of) }
            }
        }
    }
}
