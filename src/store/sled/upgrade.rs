//! A store that an older version wrote gets the current format when it is opened: all of it or nothing, after a
//! backup.

use std::fs::File;
use std::path::Path;

use super::beneath::attempted;
use super::mark::Mark;
use super::open::Proven;
use super::place;
use super::refusal::OpenError;

/// The store in the current format.
pub(super) fn upgraded(folder: &Path, proven: Proven) -> Result<Proven, OpenError> {
    if proven.is_sliced {
        return Ok(proven);
    }
    let Proven { db, tally, slices, .. } = &proven;
    let file = place::db_file(&place::store_folder(folder));
    attempted(|| {
        db.apply_batch(slices.batch(*tally))?;
        db.flush()
    })
    .map_err(|trouble| trouble.refusal(folder))?;
    File::open(&file).and_then(|log| log.sync_all()).map_err(|error| OpenError::io(folder, &file, &error))?;
    Mark::create(folder, *tally)?;
    Ok(Proven { is_sliced: true, ..proven })
}
