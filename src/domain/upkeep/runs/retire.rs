//! Removing the records of runs that ended without leaving, and whose node has not come back.

use std::time::Duration;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class};
use crate::domain::read::put_ended;

/// How long a run must have ended before its record is removed.
const LONG: Duration = Duration::from_hours(24);

impl Gatepost {
    /// Moves the records of runs that ended long ago to those that have ended.
    pub(in crate::domain::upkeep) async fn retire_runs(&self) -> Result<(), Error> {
        let Some(neighbours) = &self.neighbours else { return Ok(()) };
        for (run, version) in neighbours.ended_for(LONG) {
            let mut change = Change::of(Class::Shrink);
            put_ended(&mut change, run, version, self.world.now());
            // On a conflict it has changed, so it has not ended.
            self.store.commit(change).await?;
        }
        Ok(())
    }
}
