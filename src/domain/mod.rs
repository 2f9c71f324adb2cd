//! What the server decides. Knows no HTTP, no HTML, no engine and no mail server.
//!
//! Every act reads, decides and makes one commit; on a conflict it reads and decides again. So what
//! an act changes (account, used request, session, owed letter, event) stands together or not at
//! all, and no race can use a request twice. Nothing else writes.

pub mod error;
pub mod mailed;
pub mod operator;
pub mod outbox;
mod owner;
pub mod password;
pub mod person;
pub mod ports;
pub mod profile;
mod read;
pub mod record;
pub mod session;
pub mod token;
pub mod upkeep;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use self::error::Error;
use self::password::{PasswordPolicy, Slots};
use self::ports::{Change, Committed, Store, StoreError, World};
use self::record::Record;
use self::record::client::Client;
use self::record::event::Event;
use self::record::ids::RunId;
use self::record::key::Key;
use self::record::password::Cost;
use self::record::salt::SaltSeed;
use self::token::KeyRing;

/// How often an act is decided anew after a conflict. Each conflict means that another act went
/// through, so only a flood of acts on one account ever comes near.
const MAX_ATTEMPTS: usize = 100;

/// What of the configuration the domain decides by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long link and code are good, counted from delivery.
    pub link_lifetime: Duration,
    /// Whether an unknown address may become an account.
    pub registration: bool,
    /// Which passwords are taken.
    pub passwords: PasswordPolicy,
    /// What hashing one costs.
    pub password_cost: Cost,
    /// How many are hashed at once.
    pub password_slots: usize,
    /// How long a session may lie unused.
    pub session_idle: Duration,
    /// How long a session lasts at most.
    pub session_absolute: Duration,
}

impl Default for Settings {
    /// What is decided where an operator says nothing.
    fn default() -> Self {
        Self {
            link_lifetime: Duration::from_mins(10),
            registration: true,
            passwords: PasswordPolicy { min_bytes: 12, product: "Gatepost".into() },
            password_cost: Cost::default(),
            password_slots: 2,
            session_idle: Duration::from_hours(7 * 24),
            session_absolute: Duration::from_hours(30 * 24),
        }
    }
}

/// The house: every act a door can ask for.
pub struct Gatepost {
    store: Arc<dyn Store>,
    world: World,
    ring: KeyRing,
    salts: SaltSeed,
    slots: Slots,
    settings: Settings,
    run: RunId,
    letter_queued: Notify,
}

impl fmt::Debug for Gatepost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gatepost")
    }
}

impl Gatepost {
    /// Puts the domain before its engines. `open` is the way in: it also proves the keys.
    fn new(store: Arc<dyn Store>, world: World, ring: KeyRing, salts: SaltSeed, settings: Settings) -> Self {
        let run = RunId(world.random());
        let slots = Slots::new(settings.password_slots);
        Self { store, world, ring, salts, slots, settings, run, letter_queued: Notify::new() }
    }

    /// Whether writes are taken now, and why not. For `/readyz`.
    pub fn ready(&self) -> Result<(), Error> {
        Ok(self.store.writable()?)
    }

    /// Reads, decides and commits until the commit goes through or something else is decided.
    async fn decide_and_commit<T, F, D>(&self, client: &Client, decide: F) -> Result<T, Error>
    where
        F: Fn() -> D,
        D: Future<Output = Result<Decision<T>, Error>>,
    {
        for _ in 0..MAX_ATTEMPTS {
            let (change, event, answer) = match decide().await? {
                Decision::Answer(answer) => return Ok(answer),
                Decision::Commit { change, event, answer } => (change, event, answer),
            };
            if self.commit(change, event.as_ref(), client).await? == Committed::Yes {
                return answer;
            }
        }
        Err(StoreError::Busy.into())
    }

    /// Puts an event into a change, and once more under its account, where its person finds it.
    fn put_event(&self, change: &mut Change, event: &Event) {
        let tail = self.world.random();
        change.put(Key::event(event.at, tail), Record::Event(event.clone()));
        if let Some(account) = event.account {
            change.put(Key::history(account, event.at, tail), Record::Event(event.clone()));
        }
    }

    /// Commits a change together with its event, and tells the log once it is durable.
    async fn commit(
        &self,
        mut change: Change,
        event: Option<&Event>,
        client: &Client,
    ) -> Result<Committed, Error> {
        let queues_letter = change.writes.iter().any(|(_, record)| matches!(record, Some(Record::Letter(_))));
        if let Some(event) = event {
            self.put_event(&mut change, event);
        }
        let committed = self.store.commit(change).await?;
        if committed == Committed::Yes {
            if let Some(event) = event {
                event.log(&client.request_id);
            }
            if queues_letter {
                self.letter_queued.notify_one();
            }
        }
        Ok(committed)
    }
}

/// What an act came to, before it is true.
enum Decision<T> {
    /// Nothing is to be changed.
    Answer(T),
    /// This is to be committed, and then answered. A refusal may need a commit too: a wrong code
    /// is counted.
    Commit { change: Change, event: Option<Event>, answer: Result<T, Error> },
}
