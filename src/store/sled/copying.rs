//! Reading all records of one moment, page by page, while the store is in use.

use std::sync::{Arc, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

use super::digest::Digest;
use super::moment::Moment;
use super::shared::Shared;
use super::slot::Stored;
use crate::domain::ports::StoreError;
use crate::store::Page;

/// How many records are read at once.
const PAGE: usize = 200;

/// All records of one moment. One at a time; dropping it ends it.
pub struct Copying {
    shared: Arc<Shared>,
    digest: Digest,
    expected: Digest,
    commits: u64,
    is_over: bool,
    _turn: OwnedMutexGuard<()>,
}

impl Copying {
    /// The moment is now. `turn` is that of the only one.
    pub(super) fn new(shared: Arc<Shared>, turn: OwnedMutexGuard<()>) -> Result<Self, StoreError> {
        let slices = shared.slices();
        // While the slices are locked, the view stays as it is.
        let view = shared.view()?;
        let mut moment = Moment::new();
        moment.keep(&view.held);
        *slot(&shared) = Some(moment);
        drop(slices);
        let (expected, commits) = (view.tally.digest, view.tally.commits);
        Ok(Self { shared, digest: Digest::default(), expected, commits, is_over: false, _turn: turn })
    }

    /// How many records there are.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.expected.records
    }

    /// How many commits the store had seen.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits
    }

    /// The next records in the order of their keys, perhaps none, or nothing at the end. At the end they are
    /// known to be exactly those of the moment.
    ///
    /// # Errors
    /// If they are not, or if too much was written meanwhile.
    pub fn next_page(&mut self) -> Result<Option<Page<Stored>>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let rest = slot(&self.shared).as_ref().expect("the moment stays as long as this").rest().clone();
        let page = self.shared.page(&rest, PAGE)?;
        self.is_over = page.len() < PAGE;
        let page = {
            let mut slot = slot(&self.shared);
            let moment = slot.as_mut().expect("the moment stays as long as this");
            if moment.is_lost() {
                return Err(StoreError::Refused(
                    "too much was written while the database was read; try again when it is less busy".into(),
                ));
            }
            moment.next(page, self.is_over)
        };
        for (key, kept) in &page {
            self.digest.add(key.as_bytes(), kept.bytes.whole());
        }
        if self.is_over && self.digest != self.expected {
            return Err(self.shared.fail("what was read is not what was committed"));
        }
        Ok(Some(page))
    }
}

impl Drop for Copying {
    fn drop(&mut self) {
        *slot(&self.shared) = None;
    }
}

fn slot(shared: &Shared) -> MutexGuard<'_, Option<Moment>> {
    shared.moment.lock().unwrap_or_else(PoisonError::into_inner)
}
