//! Backups: made by a command or by the clock, and restored.
//!
//! - this file: a backup that a command makes, while the server runs or without one
//! - `restore`: a new database from a backup, all of it or nothing
//! - `refill`: the same in a database that servers share
//! - `contents`: what both do: reading a backup, and a new beginning for its records
//! - `schedule`: backups that the server makes by itself

mod contents;
mod refill;
mod restore;
mod schedule;

use std::path::Path;

pub use self::restore::{Restored, restore};
pub(super) use self::schedule::{newest, run};
use super::failure::{BackupFailure, Failure, OperatorError};
use super::operator::{Answer, Operator, Order};
use crate::config::Config;
use crate::store::backup::{Draft, Summary};
use crate::world;

/// How far a backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Records are written.
    Writing,
    /// They are read back.
    ReadingBack,
}

/// Makes a backup of the store as it is when this begins, and reads it back. A running server goes on meanwhile.
/// `progress` gets how many records are done, out of how many.
///
/// # Errors
/// Why there is no new backup. There is never a part of one.
pub async fn back_up(
    config: Config,
    file: &Path,
    mut progress: impl FnMut(Stage, u64, u64),
) -> Result<Summary, Failure> {
    let mut draft = Draft::new(file).map_err(BackupFailure::Draft)?;
    let operator = Operator::reach(config, world::real()).await?;
    let mut all_records = 0;
    let on = |done, all, bytes: &[u8]| {
        all_records = all;
        progress(Stage::Writing, done, all);
        Ok(draft.write(bytes).map_err(BackupFailure::Draft)?)
    };
    let answer = operator.follow(Order::BackUp {}, on).await;
    let left = operator.leave().await;
    // If the store failed, that says more than the answer.
    left?;
    let Answer::BackedUp { .. } = answer? else { return Err(OperatorError::OtherAnswer.into()) };
    let finished = draft.finish(|done| progress(Stage::ReadingBack, done, all_records));
    let summary = finished.map_err(BackupFailure::Draft)?;
    warn_of(summary);
    Ok(summary)
}

/// Warns of records that are in a backup and that this version cannot read.
fn warn_of(summary: Summary) {
    if summary.unreadable > 0 {
        tracing::warn!(
            records = summary.unreadable,
            "some records in this backup can't be read by this version; they are kept as they are"
        );
    }
}
