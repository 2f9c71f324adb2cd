//! What the server decides. Knows no HTTP, no HTML, no engine and no mail server.
//!
//! Every act reads, decides and makes one commit; on a conflict it reads and decides again. So what
//! an act changes (account, used request, session, owed letter, event) stands together or not at
//! all, and no race can use a request twice. Nothing else writes.

pub mod account;
pub mod address;
pub mod client;
pub mod error;
pub mod event;
pub mod ids;
pub mod key;
pub mod letter;
pub mod link;
pub mod next;
pub mod open;
pub mod outbox;
pub mod ports;
mod read;
pub mod redeem;
pub mod request;
pub mod session;
pub mod sign_in;
pub mod sweep;
pub mod time;
pub mod token;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use self::client::Client;
use self::error::Error;
use self::event::Event;
use self::ids::RunId;
use self::ports::{Change, Committed, Record, Store, StoreError, World};
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
    /// How long a session may lie unused.
    pub session_idle: Duration,
    /// How long a session lasts at most.
    pub session_absolute: Duration,
}

/// The house: every act a door can ask for.
pub struct Gatepost {
    store: Arc<dyn Store>,
    world: World,
    ring: KeyRing,
    settings: Settings,
    run: RunId,
    owed: Notify,
}

impl fmt::Debug for Gatepost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gatepost")
    }
}

impl Gatepost {
    /// Puts the domain before its engines. `open` is the way in: it also proves the keys.
    fn new(store: Arc<dyn Store>, world: World, ring: KeyRing, settings: Settings) -> Self {
        let run = RunId(world.random());
        Self { store, world, ring, settings, run, owed: Notify::new() }
    }

    /// Whether writes are taken now, and why not. For `/readyz`.
    pub fn ready(&self) -> Result<(), Error> {
        Ok(self.store.writable()?)
    }

    /// Reads, decides and commits until the commit goes through or something else is decided.
    async fn act<T, F, D>(&self, client: &Client, decide: F) -> Result<T, Error>
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

    /// Commits a change together with its event, and tells the log once it is durable.
    async fn commit(
        &self,
        mut change: Change,
        event: Option<&Event>,
        client: &Client,
    ) -> Result<Committed, Error> {
        let owes = change.writes.iter().any(|(_, record)| matches!(record, Some(Record::Letter(_))));
        if let Some(event) = event {
            change.put(key::Key::event(event.at, self.world.random()), Record::Event(event.clone()));
        }
        let committed = self.store.commit(change).await?;
        if committed == Committed::Yes {
            if let Some(event) = event {
                event.tell(&client.request_id);
            }
            if owes {
                self.owed.notify_one();
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
