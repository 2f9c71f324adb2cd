//! Filling a new store with records, in the order of their keys. It is made beside its place, so a crash leaves all or
//! nothing there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sled::Batch;

use super::beneath::{attempted, open_sled};
use super::creation::remove_all;
use super::digest::weight;
use super::guard::Handle;
use super::mark::Mark;
use super::refusal::OpenError;
use super::slices::Cutter;
use super::slot::Stored;
use super::tally::{StoreId, Tally};
use super::{files, place};
use crate::domain::record::key::Key;

/// How many records are written at once. More would make the next flush very slow.
const PAGE: usize = 1000;

/// Creates a store with all records that `next` returns, in the order of their keys.
pub(super) fn fill<E: From<OpenError>>(
    folder: &Path,
    cache_bytes: u64,
    id: StoreId,
    mut next: impl FnMut() -> Result<Option<(Key, Vec<u8>)>, E>,
) -> Result<(), E> {
    let mut filling = Filling::begin(folder, cache_bytes, id)?;
    while let Some((key, bytes)) = next()? {
        filling.add(&key, &bytes)?;
    }
    let tally = filling.end()?;
    Ok(Mark::create(folder, tally)?)
}

/// A store that is being filled.
pub(super) struct Filling {
    folder: PathBuf,
    db: Handle,
    tally: Tally,
    slices: Cutter,
    batch: Batch,
    batched: usize,
}

impl Filling {
    /// Begins with an empty one. What an earlier attempt left is removed.
    pub(super) fn begin(folder: &Path, cache_bytes: u64, id: StoreId) -> Result<Self, OpenError> {
        let nursery = place::nursery(folder);
        let refuse = |error: io::Error| OpenError::io(folder, &nursery, &error);
        remove_all(&nursery).and_then(|()| fs::create_dir(&nursery)).map_err(refuse)?;
        let (db, _) = open_sled(&nursery, cache_bytes).map_err(|trouble| trouble.refusal(folder))?;
        Ok(Self {
            folder: folder.to_owned(),
            db,
            tally: Tally::new(id),
            slices: Cutter::new(),
            batch: Batch::default(),
            batched: 0,
        })
    }

    /// Adds the next record in the order of their keys.
    pub(super) fn add(&mut self, key: &Key, bytes: &[u8]) -> Result<(), OpenError> {
        // All of it is one commit.
        self.tally.commits = 1;
        let stored = Stored::new(self.tally.commits, bytes);
        self.slices.add(key.as_bytes(), weight(key.as_bytes(), stored.whole()));
        self.batch.insert(key.as_bytes(), stored.whole().clone());
        self.batched += 1;
        if self.batched == PAGE {
            self.write()?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), OpenError> {
        self.batched = 0;
        let batch = std::mem::take(&mut self.batch);
        let written = attempted(|| self.db.apply_batch(batch).and_then(|()| self.db.flush()));
        written.map(drop).map_err(|trouble| trouble.refusal(&self.folder))
    }

    /// Puts it into its place, durably, and returns what belongs into its side file. Until that is written, it does not
    /// count.
    pub(super) fn end(mut self) -> Result<Tally, OpenError> {
        self.write()?;
        let Self { folder, db, mut tally, slices, .. } = self;
        tally.digest = slices.total();
        let digests = slices.slices().batch(tally);
        let written = attempted(|| db.apply_batch(digests).and_then(|()| db.flush()));
        written.map_err(|trouble| trouble.refusal(&folder))?;
        drop(db);
        let (nursery, store) = (place::nursery(&folder), place::store_folder(&folder));
        let synced = files::sync_store(&nursery);
        let placed =
            synced.and_then(|()| fs::rename(&nursery, &store)).and_then(|()| files::sync_folder(&folder));
        placed.map_err(|error| OpenError::io(&folder, &nursery, &error))?;
        Ok(tally)
    }
}
