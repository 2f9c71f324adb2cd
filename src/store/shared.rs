//! Engines that several processes share: which one, opening it, making its store. What is done with the store afterwards is
//! the same for every engine ([`Life`]).

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::life::{Life, Proof, Proving, Refusal};
use super::moving::origin::{SharedOrigin, read_state};
use super::moving::watch::Watch;
use super::moving::{Destination, Origin};
pub use super::postgres::Access;
use super::postgres::arriving::Arriving;
use super::postgres::{self as engine, PostgresSettings, PostgresStore};
use crate::domain::ports::{Change, Committed, Store, StoreError, World};
use crate::domain::record::Record;
use crate::domain::record::key::Key;
use crate::domain::record::state::{Phase, State};

/// How often accepting a store is tried while others write.
const TRIES: usize = 100;

/// Where the store is, for each of these engines.
#[derive(Clone, Debug)]
pub enum SharedSettings {
    /// PostgreSQL.
    Postgres(PostgresSettings),
}

impl SharedSettings {
    /// How long one action may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        let Self::Postgres(settings) = self;
        settings.timeout
    }
}

/// The servers and the schema, without a secret.
impl fmt::Display for SharedSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Postgres(PostgresSettings { hosts, database, schema, .. }) = self;
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        write!(f, "postgres://{}/{database}, schema {}", hosts.join(","), schema.as_str())
    }
}

/// A store that was opened.
pub struct Opened {
    /// The store.
    pub store: Arc<dyn Life>,
    /// Whether it has no record.
    pub is_empty: bool,
    /// The side file of this process, if it used a store before.
    pub was_used: Option<PathBuf>,
}

/// Proves the store and opens it.
///
/// # Errors
/// One line that names the setting and what helps.
pub async fn open(settings: &SharedSettings, access: Access, world: World) -> Result<Opened, Refusal> {
    let SharedSettings::Postgres(settings) = settings;
    let engine::Opened { store, is_empty, was_used } =
        PostgresStore::open_for(access, settings.clone(), world).await?;
    Ok(Opened { store: Arc::new(store), is_empty, was_used })
}

/// Makes an empty store, or completes one. Returns the statements that let another role use it, whose name is `role` in them.
///
/// # Errors
/// One line that names the setting and what helps.
pub async fn init(settings: &SharedSettings, role: &str, world: World) -> Result<Vec<String>, Refusal> {
    let SharedSettings::Postgres(settings) = settings;
    PostgresStore::create(settings.clone(), world).await?;
    Ok(PostgresStore::grants(&settings.schema, role))
}

/// Verifies the store and accepts it as the right one and the latest. What happened in it lately is not known, so its sessions
/// and requests end at the next start. Refused while a server uses it, which would go on with sessions that have ended.
///
/// # Errors
/// Why it is not accepted.
pub async fn accept(
    settings: &SharedSettings,
    world: World,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Proof, Refusal> {
    let SharedSettings::Postgres(settings) = settings;
    let opened = PostgresStore::open_for(Access::Accept, settings.clone(), world.clone()).await?;
    let store = Arc::new(opened.store);
    let accepted = accept_open(&store, &world, progress).await;
    store.close().await;
    accepted
}

async fn accept_open(
    store: &Arc<PostgresStore>,
    world: &World,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Proof, Refusal> {
    let refuse = |error: StoreError| Refusal::Other(error.to_string());
    let watch = Watch::begin(&**store, world).await?;
    let mut verifying = Arc::clone(store).verify().await.map_err(refuse)?;
    let proof = loop {
        match verifying.step().await? {
            Proving::SoFar { done, all } => progress(done, all),
            Proving::Whole(proof) => break proof,
        }
    };
    let nodes = watch.end(&**store, world).await?;
    for _ in 0..TRIES {
        let mut change = Change::new();
        take_back(&mut change, &**store).await.map_err(refuse)?;
        for (key, node) in &nodes {
            // One that wakes up meanwhile makes this a conflict, and one that wakes up later finds that it has ended.
            change.expect(key.clone(), Some(node.version));
            change.delete(key.clone());
        }
        // Caused by the operator. There is at most one, and the next start removes it.
        change.put(Key::restored(), Record::Restored);
        if store.commit(change).await.map_err(refuse)? == Committed::Yes {
            // Only now: if this is interrupted before, the next start still knows that the store was put back.
            store.keep().await.map_err(refuse)?;
            return Ok(Proof { restored: true, ..proof });
        }
    }
    Err(refuse(StoreError::Busy))
}

/// Adds to a change that a store which was moved can be used again. What it has become meanwhile elsewhere is not known here.
async fn take_back(change: &mut Change, store: &dyn Store) -> Result<(), StoreError> {
    let Some((state, version)) = read_state(store).await? else { return Ok(()) };
    change.expect(Key::state(), Some(version));
    if matches!(state.phase, Phase::Moved { .. }) {
        // One per store, never removed.
        change.put(Key::state(), Record::State(State { phase: Phase::Ready, ..state }));
    }
    Ok(())
}

/// Opens a store that is to be moved, even if it was moved already.
///
/// # Errors
/// One line that names the setting and what helps.
pub async fn depart(settings: &SharedSettings, world: World) -> Result<Box<dyn Origin>, Refusal> {
    let opened = open(settings, Access::Depart, world.clone()).await?;
    if opened.is_empty {
        return Err(Refusal::Other(format!(
            "{settings}: no database found; check store.url and store.schema"
        )));
    }
    Ok(Box::new(SharedOrigin::new(opened.store, world).await?))
}

/// Opens the place that a store is moved to, whatever is there.
///
/// # Errors
/// One line that names the setting and what helps.
pub async fn arrive(settings: &SharedSettings, world: World) -> Result<Box<dyn Destination>, Refusal> {
    let SharedSettings::Postgres(settings) = settings;
    let opened = PostgresStore::open_for(Access::Arrive, settings.clone(), world.clone()).await?;
    Ok(Box::new(Arriving::new(opened.store, opened.is_empty, world).await?))
}

/// An empty store that is being filled with the records of a backup. Until that has ended, no process opens it.
pub struct Filling(Arc<PostgresStore>);

impl Filling {
    /// Begins.
    ///
    /// # Errors
    /// If the store has records, or is not there.
    pub async fn begin(settings: &SharedSettings, world: World) -> Result<Self, Refusal> {
        let SharedSettings::Postgres(settings) = settings;
        let opened = PostgresStore::open_for(Access::Fill, settings.clone(), world).await?;
        Ok(Self(Arc::new(opened.store)))
    }

    /// Writes the next records.
    ///
    /// # Errors
    /// If that fails. Then everything begins again with the next attempt.
    pub async fn put(&self, records: Vec<(Key, Vec<u8>)>) -> Result<(), StoreError> {
        self.0.fill(records).await
    }

    /// The store, once all of its `records` were written.
    ///
    /// # Errors
    /// If there are others.
    pub async fn filled(&self, records: u64) -> Result<Arc<dyn Life>, StoreError> {
        self.0.expect_records(records).await?;
        Ok(Arc::<PostgresStore>::clone(&self.0))
    }

    /// Ends it, if `is_whole` so that the store can be opened, and closes the store.
    ///
    /// # Errors
    /// If that cannot be written.
    pub async fn end(self, is_whole: bool) -> Result<(), StoreError> {
        let ended = if is_whole { self.0.end_filling().await } else { Ok(()) };
        let ended = if is_whole && ended.is_ok() { self.0.keep().await } else { ended };
        self.0.close().await;
        ended
    }
}

impl From<engine::Refusal> for Refusal {
    fn from(refusal: engine::Refusal) -> Self {
        Self::Other(refusal.to_string())
    }
}
