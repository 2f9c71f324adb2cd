//! The data folder that a store is moved to. Its side file says so until everything is there.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::acceptance::{Inspected, opened};
use super::creation::{check_room, is_known, remove_all};
use super::filling::Filling;
use super::leaving::Contents;
use super::lock::FolderLock;
use super::mark::Mark;
use super::open::Site;
use super::passage::Passage;
use super::refusal::OpenError;
use super::settings::{Accept, SledSettings};
use super::{cache, place};
use crate::domain::ports::World;
use crate::domain::record::Record;
use crate::domain::record::ids::MoveId;
use crate::domain::record::key::Key;
use crate::domain::record::state::State;
use crate::store::codec;
use crate::store::life::{self, Refusal, Snapshot};
use crate::store::moving::{Destination, Records, Vacancy};

/// A locked data folder that a store is moved to.
pub struct Arriving {
    lock: FolderLock,
    world: World,
    vacancy: Vacancy,
    filling: Option<Filling>,
    /// The state of the store here, which belongs between two other records.
    state: Option<(Key, Vec<u8>)>,
    written: Option<Arc<Inspected>>,
}

impl Arriving {
    /// Looks what is there.
    #[must_use]
    pub fn new(lock: FolderLock, world: World) -> Self {
        let vacancy = match Mark::passage(lock.folder()) {
            Some(Passage::Arriving(id)) => Vacancy::Begun(id),
            _ if is_known(lock.folder()) => Vacancy::Taken,
            _ => Vacancy::Empty,
        };
        Self { lock, world, vacancy, filling: None, state: None, written: None }
    }

    fn add(&mut self, key: &Key, value: &[u8]) -> Result<(), OpenError> {
        let filling = self.filling.as_mut().ok_or_else(|| unbegun(self.lock.folder()))?;
        if let Some((own, state)) = self.state.take_if(|(own, _)| &*own < key) {
            filling.add(&own, &state)?;
        }
        filling.add(key, value)
    }

    /// What was written, opened again and verified.
    fn reopened(&self) -> Result<Inspected, OpenError> {
        let folder = self.lock.folder();
        let (mark, cache_bytes) = (Mark::read(folder), cache::usual_bytes());
        let site = Site { folder, cache_bytes, mark, accept: Accept::Yes, verified_first: 0 };
        if !place::db_file(&place::store_folder(folder)).exists() {
            return Err(OpenError::Gone { folder: folder.to_owned() });
        }
        let (inspected, mut slices) = opened(&site, self.lock.clone(), None)?;
        inspected.prove(folder, &mut slices, &mut |_, _| {})?;
        Ok(inspected)
    }
}

fn unbegun(folder: &Path) -> OpenError {
    OpenError::Gone { folder: folder.to_owned() }
}

#[async_trait]
impl Destination for Arriving {
    fn vacancy(&self) -> Vacancy {
        self.vacancy
    }

    async fn begin(&mut self, id: MoveId, origin: &State) -> Result<(), Refusal> {
        let folder = self.lock.folder();
        check_room(folder, SledSettings::existing().reserves.usual)?;
        Mark::pass(folder, &Passage::Arriving(id))?;
        // Only an earlier attempt can have left it.
        let store = place::store_folder(folder);
        remove_all(&store).map_err(|error| OpenError::io(folder, &store, &error))?;
        let state = origin.clone().arrived(self.world.random(), self.world.now());
        let (key, state) = (Key::state(), Record::State(state));
        let bytes = codec::encode(&key, &state).map_err(|error| Refusal::Other(error.to_string()))?;
        self.state = Some((key, bytes));
        self.filling = Some(Filling::begin(folder, cache::usual_bytes(), self.world.random())?);
        Ok(())
    }

    async fn take(&mut self, records: Records) -> Result<(), Refusal> {
        for (key, value) in records {
            self.add(&key, &value)?;
        }
        Ok(())
    }

    async fn taken(&mut self) -> Result<(), Refusal> {
        let mut filling = self.filling.take().ok_or_else(|| unbegun(self.lock.folder()))?;
        if let Some((key, state)) = self.state.take() {
            filling.add(&key, &state)?;
        }
        filling.end()?;
        Ok(())
    }

    async fn snapshot(&mut self) -> Result<Box<dyn Snapshot>, Refusal> {
        let written = Arc::new(self.reopened()?);
        self.written = Some(Arc::clone(&written));
        Ok(Box::new(Contents::new(written)))
    }

    async fn arrive(&mut self, _: &State) -> Result<(), life::Refusal> {
        let written = self.written.take().ok_or_else(|| unbegun(self.lock.folder()))?;
        let tally = written.tally();
        drop(written);
        Ok(Mark::create(self.lock.folder(), tally)?)
    }
}
