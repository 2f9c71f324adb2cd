//! Restoring: a new database with the records of a backup, beside its place at first. Sessions that were ended
//! since the backup and links that were used since then are alive in it, so all of them end; and emails that were
//! waiting then were sent since, so they are dropped.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::contents::{begin_anew, open, unusable};
use super::refill::refill;
use crate::app::data_folder;
use crate::app::failure::{BackupFailure, Failure};
use crate::config::{Config, key_file};
use crate::domain::ports::World;
use crate::store::backup::Header;
use crate::store::embedded::{self, FolderLock};
use crate::world;

/// Where the new database is made. If the process dies, the next attempt begins again.
const UNFINISHED: &str = "restore.new";

/// What may be in a data folder without a database: its key, what a server that was killed leaves, what a new file
/// system has, and what belongs to a shared database.
const EXPECTED: [&str; 6] = [key_file::NAME, "lock", "gatepost.sock", "lost+found", "node", "node.new"];

/// A backup that was restored.
pub struct Restored {
    /// What the backup says about itself.
    pub header: Header,
    /// How many waiting emails were dropped.
    pub dropped_emails: usize,
}

/// Restores a backup into the data folder, which must have at most a key in it, or into an empty shared database.
/// `progress` gets how many records are done, out of how many; each is read twice, to check the backup and to restore it.
///
/// # Errors
/// Why nothing was restored.
pub async fn restore(
    mut config: Config,
    file: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<Restored, Failure> {
    // Before anything is written, so that a bad file changes nothing.
    let header = check(file, |done, all| progress(done, all * 2))?;
    if let Some(settings) = config.store.shared().cloned() {
        let on = |done| progress(header.records + done, header.records * 2);
        let dropped_emails = refill(&settings, &mut config, file, &world::real(), on).await?;
        return Ok(Restored { header, dropped_emails });
    }
    let folder = config.data_dir.clone();
    let lock = data_folder::lock(&folder)?;
    make_room(&folder)?;
    let no_key = || BackupFailure::NoKey { path: folder.join(key_file::NAME) };
    let ring = data_folder::given_or_found(&mut config)?.ok_or_else(no_key)?;
    let world = world::real();
    let nursery = folder.join(UNFINISHED);
    let failed = |error| Failure::DataFolder { path: nursery.clone(), error };
    DirBuilder::new().mode(0o700).create(&nursery).map_err(failed)?;
    let restored = async {
        let nursery_lock = embedded::lock(&nursery)?;
        fill(&nursery_lock, file, &world, |done| progress(header.records + done, header.records * 2))?;
        let store = embedded::open(nursery_lock, None, 0)?;
        let made = begin_anew(store.clone(), ring, &config, world.clone()).await;
        store.close().await;
        let dropped_emails = made?;
        store.failure().map_or(Ok(dropped_emails), |reason| Err(Failure::StoreFailed(reason)))
    };
    match restored.await {
        Ok(dropped_emails) => {
            embedded::adopt(&nursery, &folder)?;
            fs::remove_dir_all(&nursery).map_err(failed)?;
            drop(lock);
            Ok(Restored { header, dropped_emails })
        }
        Err(failure) => {
            if let Err(error) = fs::remove_dir_all(&nursery) {
                tracing::warn!(%error, "{}: could not remove this folder", nursery.display());
            }
            Err(failure)
        }
    }
}

/// Reads all of a backup.
fn check(file: &Path, mut progress: impl FnMut(u64, u64)) -> Result<Header, Failure> {
    let reader = open(file)?;
    let header = reader.header().clone();
    let summary = reader.check(|done| progress(done, header.records)).map_err(unusable(file))?;
    super::warn_of(summary);
    Ok(header)
}

/// Refuses a folder with a database or anything else that is not expected, and removes what an attempt left that
/// did not finish.
fn make_room(folder: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::DataFolder { path: folder.to_owned(), error };
    let nursery = folder.join(UNFINISHED);
    if nursery.exists() {
        embedded::abandon(&nursery, folder)?;
        fs::remove_dir_all(&nursery).map_err(failed)?;
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let is_expected = EXPECTED.iter().any(|expected| name == *expected);
        if !is_expected {
            let what = name.to_string_lossy().into_owned();
            return Err(BackupFailure::NotEmpty { folder: folder.to_owned(), what }.into());
        }
    }
    Ok(())
}

/// Fills a new store with the records of a backup.
fn fill(lock: &FolderLock, file: &Path, world: &World, mut progress: impl FnMut(u64)) -> Result<(), Failure> {
    let mut reader = open(file)?;
    let mut done = 0;
    embedded::fill(lock, world.random(), || {
        let next = reader.next_record().map_err(unusable(file))?;
        done += u64::from(next.is_some());
        progress(done);
        Ok(next)
    })
}
