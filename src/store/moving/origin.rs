//! Leaving a store that several servers share.

use std::sync::Arc;

use async_trait::async_trait;

use super::watch::Watch;
use super::{Left, Origin, Progress, refused};
use crate::domain::ports::{Change, Committed, Store, StoreError, Version, World};
use crate::domain::record::Record;
use crate::domain::record::ids::StoreId;
use crate::domain::record::key::Key;
use crate::domain::record::state::{Phase, State};
use crate::domain::upkeep::put_ended;
use crate::store::codec::FORMATS;
use crate::store::life::{Life, Proving, Refusal, Snapshot};

/// How many runs are ended by one commit.
const ENDED_AT_ONCE: usize = 20;
/// How often a commit is tried whose fate is unknown.
const TRIES: usize = 10;

/// A shared store that is to be moved.
pub(in crate::store) struct SharedOrigin {
    store: Arc<dyn Life>,
    world: World,
    state: State,
    /// As it was before anyone was looked for: whoever joins later changes it.
    version: Version,
    left: Option<Left>,
}

impl SharedOrigin {
    /// Reads which store it is.
    ///
    /// # Errors
    /// If there is none, or not all of one.
    pub(in crate::store) async fn new(store: Arc<dyn Life>, world: World) -> Result<Self, Refusal> {
        let (state, version) = known_state(&*store, &world).await.map_err(|error| refused(&error))?;
        let left = match &state.phase {
            Phase::Ready => None,
            Phase::Moved { id, to, at } => Some(Left { id: *id, to: to.clone(), at: *at }),
            Phase::Moving(_) => {
                let refusal = state.phase.expect_ready();
                return Err(Refusal::Other(refusal.map_or_else(|it| it.to_string(), |()| String::new())));
            }
        };
        Ok(Self { store, world, state, version, left })
    }

    /// Moves the records of runs that have ended, so that one which wakes up finds that out.
    async fn end_runs(&self, watch: Watch) -> Result<(), Refusal> {
        let dead = watch.end(&*self.store, &self.world).await?;
        let dead: Vec<_> =
            dead.iter().filter_map(|(key, node)| Some((key.node_run()?, node.version))).collect();
        for dead in dead.chunks(ENDED_AT_ONCE) {
            let mut change = Change::new();
            for (run, version) in dead {
                put_ended(&mut change, *run, *version, self.world.now());
            }
            match self.store.commit(change).await {
                Ok(Committed::Yes) => {}
                Ok(Committed::Conflict) => return Err(joined_meanwhile()),
                Err(error) => return Err(refused(&error)),
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Origin for SharedOrigin {
    fn state(&self) -> &State {
        &self.state
    }

    fn left(&self) -> Option<&Left> {
        self.left.as_ref()
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::<dyn Life>::clone(&self.store)
    }

    async fn verify(&mut self, progress: Progress<'_>) -> Result<(), Refusal> {
        // A server that is alive shows it while the records are read.
        let watch = Watch::begin(&*self.store, &self.world).await?;
        let verifying = Arc::clone(&self.store).verify().await;
        let mut verifying = verifying.map_err(|error| refused(&error))?;
        while let Proving::SoFar { done, all } = verifying.step().await? {
            progress(done, all);
        }
        drop(verifying);
        self.end_runs(watch).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.store.snapshot().await
    }

    async fn leave(&mut self, left: &Left) -> Result<(), Refusal> {
        let Left { id, to, at } = left.clone();
        let state = State { phase: Phase::Moved { id, to, at }, ..self.state.clone() };
        for _ in 0..TRIES {
            let mut change = Change::new();
            change.expect(Key::state(), Some(self.version));
            // One per store, never removed.
            change.put(Key::state(), Record::State(state.clone()));
            let error = match self.store.commit(change).await {
                Ok(Committed::Yes) => return Ok(()),
                // Perhaps it was this commit, when its fate was unknown.
                Ok(Committed::Conflict) => None,
                Err(StoreError::Busy | StoreError::InDoubt(_)) => continue,
                Err(error) => Some(refused(&error)),
            };
            let now = read_state(&*self.store).await.map_err(|error| refused(&error))?;
            return match (now, error) {
                (Some((now, _)), _) if now == state => Ok(()),
                (_, None) => Err(joined_meanwhile()),
                (_, Some(error)) => Err(error),
            };
        }
        Err(refused(&StoreError::Busy))
    }
}

/// The state of a store, which is made if no server has used it since a backup was restored into it.
async fn known_state(store: &dyn Store, world: &World) -> Result<(State, Version), StoreError> {
    if let Some(known) = read_state(store).await? {
        return Ok(known);
    }
    let mut change = Change::new();
    change.expect(Key::state(), None);
    // One per store, never removed.
    change.put(Key::state(), Record::State(State::first(StoreId(world.random()), *FORMATS.end())));
    store.commit(change).await?;
    read_state(store).await?.ok_or(StoreError::Busy)
}

/// The state of a store, and its version.
pub(in crate::store) async fn read_state(store: &dyn Store) -> Result<Option<(State, Version)>, StoreError> {
    let found = store.get(&[Key::state()]).await?.pop().flatten();
    match found.map(|found| (found.record, found.version)) {
        Some((Record::State(state), version)) => Ok(Some((state, version))),
        Some(_) => Err(StoreError::Damaged("the state of the database is of the wrong kind".into())),
        None => Ok(None),
    }
}

fn joined_meanwhile() -> Refusal {
    Refusal::Other(
        "a node joined meanwhile; stop every server that uses this database, and run it again".into(),
    )
}
