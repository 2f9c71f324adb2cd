//! Verifying a store that no process uses, and accepting one as the latest.

use std::fs::File;
use std::path::Path;

use super::creation::is_known;
use super::group::{Group, Sealed};
use super::guard::Handle;
use super::lock::FolderLock;
use super::mark::Mark;
use super::open::{Proven, Site, compare};
use super::passage::Passage;
use super::proof::prove;
use super::refusal::OpenError;
use super::rehearsal::{Copied, Rehearsal};
use super::settings::Accept;
use super::slices::Slices;
use super::slot::{Stored, unreadable};
use super::tally::Tally;
use super::{beneath, guard, owner, place};
use crate::domain::ports::{Change, Committed, StoreError};
use crate::domain::record::Record;
use crate::domain::record::key::{Key, Span};
use crate::store::life::{Proof, UnreadableRecords};
use crate::store::{CodedChange, Engine, Kept, Page};

/// A store that was verified as a whole and that no one else uses.
pub struct Inspected {
    /// The result.
    pub proof: Proof,
    tally: Tally,
    /// The store, or the copy that was verified. The lock is the last field, so it is dropped last.
    db: Handle,
    _copy: Option<Rehearsal>,
    _lock: FolderLock,
}

impl Inspected {
    /// The id of the store, and what counts its commits.
    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// Verifies every byte.
    pub(super) fn prove(
        &self,
        folder: &Path,
        slices: &mut Slices,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), OpenError> {
        let all = self.tally.digest.records;
        prove(folder, &self.db, slices, u64::MAX, &mut |done| progress(done, all))
    }
}

impl Engine for Inspected {
    type Bytes = Stored;

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Kept<Stored>>>, StoreError> {
        keys.iter().map(|key| Ok(Stored::read(&self.db, key)?.map(Stored::kept))).collect()
    }

    async fn page(&self, span: &Span, limit: usize) -> Result<Page<Stored>, StoreError> {
        let records = self.db.range(span.from.as_bytes()..span.until.as_bytes()).take(limit);
        let record = |entry: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, stored) = entry.map_err(unreadable)?;
            let key = Key::from_bytes(key.to_vec());
            let stored = Stored::checked(&key, stored)?;
            Ok((key, stored.kept()))
        };
        records.map(record).collect()
    }

    async fn write(&self, _: CodedChange) -> Result<Committed, StoreError> {
        self.takes_writes().map(|()| Committed::Conflict)
    }

    fn takes_writes(&self) -> Result<(), StoreError> {
        Err(StoreError::Refused("the database is only inspected".into()))
    }
}

/// Verifies the store without changing it.
pub(super) fn inspect(
    folder: &Path,
    cache_bytes: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Inspected, OpenError> {
    let lock = locked(folder)?;
    if let Some(passage) = Mark::passage(folder) {
        return Err(OpenError::NotReady { folder: folder.to_owned(), passage });
    }
    let site = Site { folder, cache_bytes, mark: Mark::read(folder), accept: Accept::No, verified_first: 0 };
    proven(&site, lock, progress)
}

/// Verifies the store and accepts it as the latest one.
pub(super) fn accept(
    folder: &Path,
    cache_bytes: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Proof, OpenError> {
    let lock = locked(folder)?;
    // One that was moved is taken back; one that is not whole cannot be.
    if let Some(passage @ Passage::Arriving(_)) = Mark::passage(folder) {
        return Err(OpenError::NotReady { folder: folder.to_owned(), passage });
    }
    let site = Site { folder, cache_bytes, mark: Mark::read(folder), accept: Accept::Yes, verified_first: 0 };
    let Inspected { proof, tally, .. } = proven(&site, lock.clone(), progress)?;
    // Only an intact side file shows that no commit is missing. Without one, an older store looks like the
    // latest, and a thief's session that was ended since would be alive again.
    let is_latest = matches!(site.mark, Ok(Some(mark)) if compare(folder, mark, tally).is_ok());
    let tally = if is_latest { tally } else { note_restored(&site, &place::store_folder(folder))? };
    Mark::create(folder, tally)?;
    let Tally { digest, commits, .. } = tally;
    Ok(Proof { records: digest.records, commits, restored: !is_latest, ..proof })
}

fn locked(folder: &Path) -> Result<FolderLock, OpenError> {
    owner::check_owner(folder)?;
    if !is_known(folder) {
        return Err(OpenError::NoStore { folder: folder.to_owned() });
    }
    FolderLock::take(folder)
}

/// Verifies all of a store, or of its copy if there is room for one.
fn proven(
    site: &Site<'_>,
    lock: FolderLock,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Inspected, OpenError> {
    let folder = site.folder;
    let copy = site.rehearsal(Copied::All)?;
    let (mut inspected, mut slices) = opened(site, lock, copy)?;
    inspected.prove(folder, &mut slices, progress)?;
    let unreadable = beneath::unreadable(&inspected.db).map_err(|trouble| trouble.refusal(folder))?;
    inspected.proof.unreadable = unreadable;
    Ok(inspected)
}

/// Opens a store, or its copy, of which nothing was verified yet.
pub(super) fn opened(
    site: &Site<'_>,
    lock: FolderLock,
    copy: Option<Rehearsal>,
) -> Result<(Inspected, Slices), OpenError> {
    let store = place::store_folder(site.folder);
    let Proven { db, tally, slices, .. } = site.proven(copy.as_ref().map_or(&store, Rehearsal::path))?;
    let Tally { digest, commits, .. } = tally;
    let unreadable = UnreadableRecords::default();
    let proof = Proof { records: digest.records, commits, unreadable, restored: false };
    Ok((Inspected { proof, tally, db, _copy: copy, _lock: lock }, slices))
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
