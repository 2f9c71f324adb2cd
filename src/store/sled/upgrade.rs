//! A store that an older version wrote gets the current format when it is opened: all of it or nothing, after a
//! backup.

use std::fs::File;
use std::path::Path;

use super::beneath::attempted;
use super::guard::Handle;
use super::mark::Mark;
use super::place;
use super::refusal::OpenError;
use super::slices::Slices;
use super::slot::Stored;
use super::tally::{FIRST_KEY, Tally};
use crate::domain::record::key::Key;
use crate::store::backup::{Draft, DraftError, Encoder, Header};

/// How many bytes of the backup are written at once.
const PIECE_BYTES: usize = 1 << 20;

/// Makes a backup, then writes the digests of the parts of a store that has none.
pub(super) fn upgrade(folder: &Path, db: &Handle, tally: Tally, slices: &Slices) -> Result<(), OpenError> {
    let file = place::db_file(&place::store_folder(folder));
    let backup = place::backup_before_upgrade(folder, tally.id, tally.commits);
    // If an earlier attempt ended after its backup, that one is whole.
    if !backup.exists() {
        back_up(folder, &backup, db, tally)?;
    }
    attempted(|| {
        db.apply_batch(slices.batch(tally))?;
        db.flush()
    })
    .map_err(|trouble| trouble.refusal(folder))?;
    File::open(&file).and_then(|log| log.sync_all()).map_err(|error| OpenError::io(folder, &file, &error))?;
    Mark::create(folder, tally)?;
    tracing::warn!(
        backup = %backup.display(),
        "the database has the format of this version now; older versions can't read it, but its backup is kept"
    );
    Ok(())
}

fn back_up(folder: &Path, place: &Path, db: &Handle, tally: Tally) -> Result<(), OpenError> {
    let refuse =
        |error: DraftError| OpenError::NoBackup { path: place.to_owned(), reason: error.to_string() };
    let mut draft = Draft::new(place).map_err(refuse)?;
    let header = Header::new(None, tally.commits, tally.digest.records);
    let (mut encoder, mut bytes) = Encoder::begin(&header);
    let mut records = db.range(FIRST_KEY..);
    while let Some(entry) = attempted(|| records.next().transpose()).map_err(|it| it.refusal(folder))? {
        let (key, stored) = (Key::from_bytes(entry.0.to_vec()), entry.1);
        let stored = Stored::checked(&key, stored);
        let stored = stored.map_err(|error| super::refusal::damaged(folder, error.to_string()))?;
        encoder.record(&key, stored.as_ref(), &mut bytes);
        if bytes.len() > PIECE_BYTES {
            draft.write(&std::mem::take(&mut bytes)).map_err(refuse)?;
        }
    }
    bytes.extend(encoder.end());
    draft.write(&bytes).and_then(|()| draft.finish(|_| {})).map_err(refuse)?;
    Ok(())
}
