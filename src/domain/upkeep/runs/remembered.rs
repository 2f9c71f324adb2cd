//! What a node remembers of its last run, beside the store.

use std::time::Duration;

use crate::domain::ports::{SharedEngine, StoreError};
use crate::domain::record::ids::{RunId, StoreId};
use crate::domain::record::state::Course;
use crate::domain::record::time::Timestamp;

/// After this long it proves nothing. Less than it is kept that a run has ended.
const PROVES_FOR: Duration = Duration::from_hours(29 * 24);

/// The last run of a node, and the store it was in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Remembered {
    pub(super) store: StoreId,
    pub(super) course: Course,
    pub(super) run: RunId,
    /// How often its record was written, at least.
    pub(super) counter: u64,
    /// Whether it has left.
    pub(super) has_left: bool,
    pub(super) at: Timestamp,
}

impl Remembered {
    /// What this node remembers, if it remembers anything.
    pub(super) async fn read(engine: &dyn SharedEngine) -> Result<Option<Self>, StoreError> {
        let bytes = engine.remembered().await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let unreadable = |error| {
            StoreError::Damaged(format!("what this node remembers of its last run cannot be read: {error}"))
        };
        serde_json::from_slice(&bytes).map(Some).map_err(unreadable)
    }

    pub(super) async fn write(&self, engine: &dyn SharedEngine) -> Result<(), StoreError> {
        let unwritable = |error| StoreError::Refused(format!("cannot remember this run: {error}"));
        engine.remember(&serde_json::to_vec(self).map_err(unwritable)?).await
    }

    /// Whether it is too old to prove anything.
    pub(super) fn is_old(&self, now: Timestamp) -> bool {
        self.at.plus(PROVES_FOR) <= now
    }
}
