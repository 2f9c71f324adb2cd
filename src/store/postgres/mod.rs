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
//! | `reading` | `get` and `scan` |
//! | `fault` | why a server is not used |
//!
//! The client is tokio-postgres, with a loop of our own around its `Connection` (`link`). What the engine needs of it
//! was tried on a real server: a warning that the wait for a standby was cancelled comes between the row of the
//! commit and its `ReadyForQuery`, and the loop has seen it, without exception, when the commit's answer is
//! complete. A query is complete only at its `ReadyForQuery`, so an error that the commit itself causes is an error
//! of the query. Each query has a `Sync` of its own, and two that are begun together are sent together.

mod base;
mod commit;
mod duty;
mod fault;
mod flight;
mod floor;
mod hosts;
mod keeper;
mod life;
mod link;
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
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two attempts of a start.
const PAUSE: Duration = Duration::from_millis(250);
/// How long closing waits for commits on their way.
const CLOSING: Duration = Duration::from_secs(5);

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
        patiently(|| keeper::prepare(&shared, Make::Schema)).await
    }

    /// Proves the database and opens it. Makes the tables if the schema is empty and the role owns it.
    ///
    /// # Errors
    /// One line that names the setting and what helps.
    pub async fn open(settings: PostgresSettings, world: World) -> Result<Self, Refusal> {
        let shared = Arc::new(Shared::new(Base::new(settings, world)?));
        patiently(|| keeper::prepare(&shared, Make::Tables)).await?;
        let pool = patiently(|| keeper::open(&shared)).await?;
        shared.publish(&pool);
        let keeper = tokio::spawn(keeper::keep(Arc::clone(&shared), pool)).abort_handle();
        Ok(Self { shared, keeper })
    }

    /// Ends the connections. Commits on their way get 5 s; the fate of one that takes longer stays unknown, as its act was
    /// told.
    pub async fn close(&self) {
        self.keeper.abort();
        self.shared.close();
        self.shared.flights.close();
        // What is still on its way then is given up.
        let _ = timeout(CLOSING, self.shared.flights.wait()).await;
        self.shared.waiting.clear();
    }
}

/// Tries again until the database answers, as it may just be starting. What only a person can change is refused at
/// once.
async fn patiently<T, F: Future<Output = Result<T, Fault>>>(attempt: impl Fn() -> F) -> Result<T, Refusal> {
    let last = Mutex::new(None);
    let trying = async {
        loop {
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(Fault::Unfit(why)) => return Err(Refusal(why)),
                Err(fault) => *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault),
            }
            sleep(PAUSE).await;
        }
    };
    if let Ok(done) = timeout(PATIENCE, trying).await {
        return done;
    }
    let last = last.lock().unwrap_or_else(PoisonError::into_inner).take();
    let silent = || Fault::Unreachable("the database does not answer; check store.url".into());
    Err(last.unwrap_or_else(silent).into())
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
