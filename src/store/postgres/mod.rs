//! The shared engine: several processes on one PostgreSQL.
//!
//! | part | what it owns |
//! | --- | --- |
//! | `settings` | where the database is, and how it is used |
//! | `schema` | the tables and functions, making and checking them |
//! | `stream`, `link` | sockets with TLS; one connection, and the warnings that come on it |
//! | `duty`, `proof` | what a connection is for, and the proof that it may be used |
//! | `life`, `floor`, `hosts` | which server it is, the side file that remembers it, and which of several is the primary |
//! | `pool`, `keeper` | the connections to one server, opening them, and watching over them |
//! | `order`, `flight`, `commit` | a change as the server takes it, one commit on its way, and settling its fate |
//! | `waiting` | commits that were given up and still wait at the server |
//! | `shared`, `base` | the pool in use, and what every part has at hand |
//! | `reading`, `gathering` | `get` and `scan`; gets that go to the server together |
//! | `moment`, `filling` | all records as of one moment; filling an empty store with those of a backup |
//! | `arriving` | the place that a store is moved to |
//! | `engine` | the engine as those see it who name no engine |
//! | `fault` | why a server is not used |
//!
//! The client is tokio-postgres, with a loop of our own around its `Connection` (`link`). What the engine needs of it
//! was tried on a real server: a warning that the wait for a standby was cancelled comes between the row of the
//! commit and its `ReadyForQuery`, and the loop has seen it, without exception, when the commit's answer is
//! complete. A query is complete only at its `ReadyForQuery`, so an error that the commit itself causes is an error
//! of the query. Each query has a `Sync` of its own, and two that are begun together are sent together.

pub(super) mod arriving;
mod base;
mod commit;
mod duty;
mod engine;
mod fault;
mod filling;
mod flight;
mod floor;
mod gathering;
mod hosts;
mod keeper;
mod life;
mod link;
mod moment;
mod order;
mod pool;
mod proof;
mod reading;
mod schema;
mod settings;
mod shared;
mod stream;
mod waiting;

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use self::base::Base;
use self::fault::Fault;
pub use self::fault::Refusal;
use self::schema::Make;
pub use self::settings::{Durable, Host, PostgresSettings, Schema, Tls};
use self::shared::Shared;
use super::{CodedChange, Engine, Kept, Page};
use crate::domain::ports::{Committed, StoreError, World};
use crate::domain::record::key::{Key, Span};

/// How long a start waits for a database that does not answer.
const LONG: Duration = Duration::from_secs(30);
/// How long a command does, which a person waits for.
const SHORT: Duration = Duration::from_secs(10);
/// Between two attempts of a start.
const PAUSE: Duration = Duration::from_millis(250);
/// How long closing waits for commits on their way.
const CLOSING: Duration = Duration::from_secs(5);

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A server. If the schema is empty, its tables are made.
    Server,
    /// A command, beside the servers. Nothing is made.
    Guest,
    /// A command that accepts whatever database it is.
    Accept,
    /// Restoring a backup into an empty store.
    Fill,
    /// Moving the store to another place, even if that was done.
    Depart,
    /// Moving a store to this place, whatever is there.
    Arrive,
}

impl Access {
    fn makes(self) -> Make {
        match self {
            Self::Server | Self::Fill | Self::Arrive => Make::Tables,
            Self::Guest | Self::Accept | Self::Depart => Make::Nothing,
        }
    }

    fn patience(self) -> Duration {
        if self == Self::Server { LONG } else { SHORT }
    }
}

/// A store that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: PostgresStore,
    /// Whether it has no record.
    pub is_empty: bool,
    /// The side file, if this process used a database before.
    pub was_used: Option<PathBuf>,
}

/// A store in a PostgreSQL database. Dropping it closes its connections.
pub struct PostgresStore {
    shared: Arc<Shared>,
    keeper: AbortHandle,
}

impl PostgresStore {
    /// Makes the schema and what belongs to it, or what is missing of it.
    ///
    /// # Errors
    /// One line that names the setting and what helps.
    pub async fn create(settings: PostgresSettings, world: World) -> Result<(), Refusal> {
        let shared = Shared::new(Base::new(settings, world)?);
        // After a loss, it is another database than the one that was used before.
        shared.base.floor.forget();
        patiently(SHORT, || keeper::prepare(&shared, Make::Schema)).await
    }

    /// The statements that give another role what a server needs, with `role` in place of its name.
    #[must_use]
    pub fn grants(schema: &Schema, role: &str) -> Vec<String> {
        schema::grants(schema, role)
    }

    /// Proves the database and opens it for a server. Makes the tables if the schema is empty and the role owns it.
    ///
    /// # Errors
    /// One line that names the setting and what helps.
    pub async fn open(settings: PostgresSettings, world: World) -> Result<Self, Refusal> {
        Ok(Self::open_for(Access::Server, settings, world).await?.store)
    }

    /// The same for any purpose.
    ///
    /// # Errors
    /// One line that names the setting and what helps.
    pub async fn open_for(
        access: Access,
        settings: PostgresSettings,
        world: World,
    ) -> Result<Opened, Refusal> {
        let shared = Arc::new(Shared::new(Base::new(settings, world)?));
        match access {
            Access::Accept | Access::Fill | Access::Arrive => shared.base.floor.forget(),
            Access::Guest | Access::Depart => shared.base.floor.make_nothing(),
            Access::Server => shared.base.floor.admit_another(true),
        }
        let was_used = shared.base.floor.is_used().then(|| shared.base.floor.path().to_owned());
        let pool = patiently(access.patience(), || async {
            keeper::prepare(&shared, access.makes()).await?;
            keeper::open(&shared).await
        });
        let pool = pool.await?;
        shared.base.floor.admit_another(false);
        shared.publish(&pool);
        let keeper = tokio::spawn(keeper::keep(Arc::clone(&shared), pool)).abort_handle();
        let store = Self { shared, keeper };
        if access == Access::Fill {
            store.begin_filling().await?;
        } else if store.is_being_filled().await? {
            let unfinished = "a backup was being restored into this database, which did not finish; run `gatepost store \
                              restore FILE` again";
            return Err(Refusal(unfinished.into()));
        } else {
            store.expect_use(access).await?;
        }
        let is_empty = store.is_empty().await?;
        store.shared.has_written.store(!is_empty, Ordering::Relaxed);
        store.shared.note_records().await;
        Ok(Opened { store, is_empty, was_used })
    }

    /// Remembers that this is the right database, whatever was used before.
    ///
    /// # Errors
    /// If the side file cannot be written.
    pub async fn keep(&self) -> Result<(), StoreError> {
        let floor = &self.shared.base.floor;
        let unwritten =
            |error| StoreError::Refused(format!("cannot write {}: {error}", floor.path().display()));
        floor.keep().await.map_err(unwritten)
    }

    /// Ends the connections. Commits on their way get 5 s; the fate of one that takes longer stays unknown, as its act was
    /// told.
    pub async fn close(&self) {
        self.keeper.abort();
        self.shared.note_records().await;
        self.shared.close();
        self.shared.flights.close();
        // What is still on its way then is given up.
        let _ = timeout(CLOSING, self.shared.flights.wait()).await;
        self.shared.waiting.clear();
    }
}

/// Tries again until the database answers, as it may just be starting. What only a person can change is refused at
/// once.
async fn patiently<T, F: Future<Output = Result<T, Fault>>>(
    patience: Duration,
    attempt: impl Fn() -> F,
) -> Result<T, Refusal> {
    let last = Mutex::new(None);
    let trying = async {
        loop {
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(Fault::Unfit(why) | Fault::Foreign(why)) => return Err(Refusal(why)),
                Err(fault) => {
                    let before =
                        last.lock().unwrap_or_else(PoisonError::into_inner).replace(fault.to_string());
                    if before.is_none() {
                        tracing::warn!(reason = %fault, "waiting for the database");
                    }
                }
            }
            sleep(PAUSE).await;
        }
    };
    if let Ok(done) = timeout(patience, trying).await {
        return done;
    }
    let last = last.lock().unwrap_or_else(PoisonError::into_inner).take();
    let last = last.unwrap_or_else(|| "it does not answer".into());
    let waited = patience.as_secs();
    Err(Refusal(format!("the database cannot be used, after {waited} s ({last}); check it and store.url")))
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.keeper.abort();
        self.shared.close();
        self.shared.waiting.clear();
    }
}

impl Engine for PostgresStore {
    type Bytes = Vec<u8>;

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Kept<Vec<u8>>>>, StoreError> {
        reading::get(&self.shared, keys).await
    }

    async fn page(&self, span: &Span, limit: usize) -> Result<Page<Vec<u8>>, StoreError> {
        reading::page(&self.shared, span, limit).await
    }

    async fn write(&self, change: CodedChange) -> Result<Committed, StoreError> {
        commit::write(&self.shared, change).await
    }

    fn takes_writes(&self) -> Result<(), StoreError> {
        self.shared.writable()
    }
}
