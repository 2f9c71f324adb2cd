//! Leaving the store in a data folder: it is read like one that is inspected, and in the end its side file says where it is
//! now. Its records stay as they are.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::acceptance::{Inspected, opened};
use super::cache;
use super::lock::FolderLock;
use super::mark::Mark;
use super::open::Site;
use super::passage::Passage;
use super::refusal::OpenError;
use super::rehearsal::Copied;
use super::settings::Accept;
use super::slices::Slices;
use crate::domain::ports::{Store, StoreError};
use crate::domain::record::ids::StoreId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::state::State;
use crate::store::codec::FORMATS;
use crate::store::life::{self, Snapshot, Take};
use crate::store::moving::origin::read_state;
use crate::store::moving::{Left, Origin, Progress};
use crate::store::{Engine, Kept};

/// How many records are read at once.
const PAGE: usize = 500;

/// A store in a locked data folder that is to be moved.
pub struct Leaving {
    lock: FolderLock,
    inspected: Arc<Inspected>,
    slices: Slices,
    state: State,
    left: Option<Left>,
}

impl Leaving {
    /// Opens it, without changing it. Blocks.
    ///
    /// # Errors
    /// Why it is not opened. One that was moved already is.
    pub async fn new(lock: FolderLock) -> Result<Self, OpenError> {
        let folder = lock.folder();
        let left = match Mark::passage(folder) {
            Some(Passage::Left(left)) => Some(left),
            Some(passage) => return Err(OpenError::NotReady { folder: folder.to_owned(), passage }),
            None => None,
        };
        // Its side file says where it is now, and not which commit was the last.
        let accept = if left.is_some() { Accept::Yes } else { Accept::No };
        let (mark, cache_bytes) = (Mark::read(folder), cache::usual_bytes());
        let site = Site { folder, cache_bytes, mark, accept, verified_first: 0 };
        let copy = site.rehearsal(Copied::All)?;
        let (inspected, slices) = opened(&site, lock.clone(), copy)?;
        let known = read_state(&inspected).await;
        let known = known.map_err(|error| unreadable(folder, &error))?;
        let state = match known {
            Some((state, _)) => state,
            None => State::first(StoreId(inspected.tally().id), *FORMATS.end()),
        };
        Ok(Self { lock, inspected: Arc::new(inspected), slices, state, left })
    }
}

fn unreadable(folder: &Path, error: &StoreError) -> OpenError {
    OpenError::Unreadable { folder: folder.to_owned(), reason: error.to_string() }
}

#[async_trait]
impl Origin for Leaving {
    fn state(&self) -> &State {
        &self.state
    }

    fn left(&self) -> Option<&Left> {
        self.left.as_ref()
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::<Inspected>::clone(&self.inspected)
    }

    async fn verify(&mut self, progress: Progress<'_>) -> Result<(), life::Refusal> {
        Ok(self.inspected.prove(self.lock.folder(), &mut self.slices, progress)?)
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(Contents::new(Arc::clone(&self.inspected))))
    }

    async fn leave(&mut self, left: &Left) -> Result<(), life::Refusal> {
        Ok(Mark::pass(self.lock.folder(), &Passage::Left(left.clone()))?)
    }
}

/// Reads all records of a store that no one writes.
pub(super) struct Contents {
    inspected: Arc<Inspected>,
    /// Nothing is left after the last page.
    rest: Option<Span>,
}

impl Contents {
    pub(super) fn new(inspected: Arc<Inspected>) -> Self {
        Self { inspected, rest: Some(Span::records()) }
    }
}

#[async_trait]
impl Snapshot for Contents {
    fn records(&self) -> u64 {
        self.inspected.tally().digest.records
    }

    fn commits(&self) -> u64 {
        self.inspected.tally().commits
    }

    async fn next_page(&mut self, take: Take<'_>) -> Result<Option<u64>, StoreError> {
        let Some(rest) = self.rest.take() else { return Ok(None) };
        let page = self.inspected.page(&rest, PAGE).await?;
        self.rest = page.last().filter(|_| page.len() == PAGE).map(|(last, _)| rest.after(last));
        let mut taken = 0;
        for (key, Kept { bytes, .. }) in page.iter().filter(|(key, _): &&(Key, _)| key.is_kept()) {
            take(key, bytes.as_ref());
            taken += 1;
        }
        Ok(Some(taken))
    }
}
