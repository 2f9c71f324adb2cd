//! Verifying a store that no process uses, and accepting one as the latest.

use std::fs::File;
use std::path::Path;

use super::group::{Group, Sealed};
use super::lock::FolderLock;
use super::mark::Mark;
use super::open::{Proven, Site, compare};
use super::proof::prove;
use super::refusal::OpenError;
use super::rehearsal::{Copied, Rehearsal};
use super::settings::{Accept, Proof};
use super::tally::Tally;
use super::{beneath, guard, owner, place};
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::key::Key;
use crate::store::CodedChange;

/// Verifies the store and, if asked to, accepts it as the latest one.
pub(super) fn verify(
    folder: &Path,
    cache_bytes: u64,
    accept: Accept,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Proof, OpenError> {
    owner::check_owner(folder)?;
    if !place::is_known(folder) {
        return Err(OpenError::NoStore { folder: folder.to_owned() });
    }
    let _lock = FolderLock::take(folder)?;
    let site = Site { folder, cache_bytes, mark: Mark::read(folder), accept, verified_first: 0 };
    let copy = site.rehearsal(Copied::All)?;
    let store = place::store_folder(folder);
    let Proven { db, mut tally, mut slices, .. } =
        site.proven(copy.as_ref().map_or(&store, Rehearsal::path))?;
    let all = tally.digest.records;
    prove(folder, &db, &mut slices, u64::MAX, &mut |done| progress(done, all))?;
    let unreadable = beneath::unreadable(&db).map_err(|trouble| trouble.refusal(folder))?;
    drop((db, copy));
    // Only an intact side file shows that no commit is missing. Without one, an older store looks like the
    // latest, and a thief's session that was ended since would be alive again.
    let is_latest = matches!(site.mark, Ok(Some(mark)) if compare(folder, mark, tally).is_ok());
    let restored = accept == Accept::Yes && !is_latest;
    if restored {
        tally = note_restored(&site, &store)?;
    }
    if accept == Accept::Yes {
        Mark::create(folder, tally)?;
    }
    let Tally { digest, commits, .. } = tally;
    Ok(Proof { records: digest.records, commits, unreadable, restored })
}

/// Writes into the store that it was restored. Sessions that have ended since then and links that were used
/// since then are alive in it, so the next start ends all of them. The side file is written afterwards:
/// until then the store is refused, and accepting it again does the same again.
fn note_restored(site: &Site<'_>, store: &Path) -> Result<Tally, OpenError> {
    let file = place::db_file(store);
    let refuse = |error: &std::io::Error| OpenError::io(site.folder, &file, error);
    let Proven { db, tally, slices, .. } = site.proven(store)?.upgraded(site.folder)?;
    let mut change = Change::new();
    // Caused by the operator. There is at most one, and the next start removes it.
    change.put(Key::restored(), Record::Restored);
    let change = CodedChange::new(change).map_err(|error| refuse(&std::io::Error::other(error)))?;
    let mut group = Group::new(&db, tally);
    group.admit(change).map_err(|error| refuse(&std::io::Error::other(error)))?;
    let written = guard::guarded(|| {
        let Some(Sealed { batch, tally, .. }) = group.sealed(tally, &slices)? else {
            return sled::Result::Ok(tally);
        };
        db.apply_batch(batch)?;
        db.flush()?;
        Ok(tally)
    });
    let tally = match written {
        Ok(Ok(tally)) => tally,
        Ok(Err(error)) => return Err(beneath::Trouble::from(error).refusal(site.folder)),
        Err(reason) => return Err(beneath::Trouble::Broken(reason).refusal(site.folder)),
    };
    File::open(&file).and_then(|log| log.sync_all()).map_err(|error| refuse(&error))?;
    Ok(tally)
}
