//! The place that a store is moved to. Its state says so until everything is there, and keeps every process out.
//!
//! What is written is cut into steps, of which several are on their way at once. Each makes a range of keys what it has to
//! be, so an attempt that was interrupted needs no other treatment than a new one.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::task::JoinSet;

use super::flight::Step;
use super::{PostgresStore, Refusal, commit, filling::refused};
use crate::domain::ports::{Change, Committed, Store, StoreError, Version, World};
use crate::domain::record::Record;
use crate::domain::record::ids::MoveId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::state::{Course, Phase, State};
use crate::store::life::{self, Life, Snapshot};
use crate::store::moving::origin::read_state;
use crate::store::moving::{Destination, Records, Vacancy};

/// How many steps are on their way at once, if there are as many connections.
const AT_ONCE: usize = 8;
/// How often a commit is tried whose fate is unknown.
const TRIES: usize = 10;

/// A place that a store is moved to.
pub(crate) struct Arriving {
    store: Arc<PostgresStore>,
    world: World,
    vacancy: Vacancy,
    /// The version of the state that says that this attempt has begun.
    begun: Version,
    /// Up to this key, all was taken.
    after: Key,
    waiting: Records,
    waiting_bytes: usize,
    steps: JoinSet<Result<(), StoreError>>,
}

impl Arriving {
    /// Looks what is there.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) async fn new(store: PostgresStore, is_empty: bool, world: World) -> Result<Self, Refusal> {
        let state = read_state(&store).await.map_err(|error| refused(&error))?;
        let (vacancy, begun) = match state {
            Some((State { phase: Phase::Moving(id), .. }, version)) => (Vacancy::Begun(id), version),
            None if is_empty => (Vacancy::Empty, Version(0)),
            _ => (Vacancy::Taken, Version(0)),
        };
        Ok(Self {
            store: Arc::new(store),
            world,
            vacancy,
            begun,
            after: Key::from_bytes(Vec::new()),
            waiting: Vec::new(),
            waiting_bytes: 0,
            steps: JoinSet::new(),
        })
    }

    /// Replaces the state, if it is still the one that was written or found last.
    async fn replace(&self, before: Option<Version>, state: State) -> Result<Version, Refusal> {
        let other = "another process has begun to use this database; stop it, or let it finish";
        for _ in 0..TRIES {
            let mut change = Change::new();
            change.expect(Key::state(), before);
            // One per store, never removed.
            change.put(Key::state(), Record::State(state.clone()));
            match self.store.commit(change).await {
                Ok(Committed::Yes | Committed::Conflict) => {}
                Err(StoreError::Busy | StoreError::InDoubt(_)) => continue,
                Err(error) => return Err(refused(&error)),
            }
            // A conflict may be with this very commit, when its fate was unknown.
            return match read_state(&*self.store).await.map_err(|error| refused(&error))? {
                Some((now, version)) if now == state && Some(version) != before => Ok(version),
                _ => Err(Refusal(other.into())),
            };
        }
        Err(refused(&StoreError::Busy))
    }

    /// Sends what waits, up to this key.
    async fn send(&mut self, until: Key) -> Result<(), Refusal> {
        let (keys, values) =
            self.waiting.drain(..).map(|(key, value)| (key.as_bytes().to_vec(), value)).unzip();
        self.waiting_bytes = 0;
        let after = std::mem::replace(&mut self.after, until.clone());
        let step = Arc::new(Step { after, until, keys, values });
        let (_, commits) = self.store.shared.base.shares();
        if self.steps.len() >= AT_ONCE.min(commits) {
            self.landed().await?;
        }
        let shared = Arc::clone(&self.store.shared);
        let state = i64::try_from(self.begun.0).unwrap_or_default();
        self.steps.spawn(async move { commit::fill(&shared, step, state).await });
        Ok(())
    }

    /// Waits for one step.
    async fn landed(&mut self) -> Result<(), Refusal> {
        match self.steps.join_next().await {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(refused(&error)),
            Some(Err(panic)) => Err(Refusal(panic.to_string())),
        }
    }
}

#[async_trait]
impl Destination for Arriving {
    fn vacancy(&self) -> Vacancy {
        self.vacancy
    }

    async fn begin(&mut self, id: MoveId, origin: &State) -> Result<(), life::Refusal> {
        let before = (self.vacancy != Vacancy::Empty).then_some(self.begun);
        // Each attempt has a mark of its own, so that it is known from any other.
        let course = Course { mark: self.world.random(), ..origin.course };
        let state = State { phase: Phase::Moving(id), course, ..origin.clone() };
        self.begun = self.replace(before, state).await?;
        Ok(())
    }

    async fn take(&mut self, records: Records) -> Result<(), life::Refusal> {
        for (key, value) in records {
            let bytes = key.as_bytes().len() + value.len();
            let is_full =
                self.waiting.len() == Change::MAX_WRITES || self.waiting_bytes + bytes > Change::MAX_BYTES;
            if let Some((last, _)) = self.waiting.last().filter(|_| is_full) {
                self.send(last.clone()).await?;
            }
            self.waiting_bytes += bytes;
            self.waiting.push((key, value));
        }
        Ok(())
    }

    async fn taken(&mut self) -> Result<(), life::Refusal> {
        self.send(Span::records().until).await?;
        while !self.steps.is_empty() {
            self.landed().await?;
        }
        Ok(())
    }

    async fn snapshot(&mut self) -> Result<Box<dyn Snapshot>, life::Refusal> {
        Ok(Life::snapshot(&*self.store).await.map_err(|error| refused(&error))?)
    }

    async fn arrive(&mut self, origin: &State) -> Result<(), life::Refusal> {
        let state = origin.clone().arrived(self.world.random(), self.world.now());
        self.replace(Some(self.begun), state).await?;
        self.store.keep().await.map_err(|error| refused(&error))?;
        self.store.close().await;
        Ok(())
    }
}
