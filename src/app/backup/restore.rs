//! Restoring: a new database with the records of a backup, beside its place at first. Sessions that were ended
//! since the backup and links that were used since then are alive in it, so all of them end; and emails that were
//! waiting then were sent since, so they are dropped.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use crate::app::failure::{BackupFailure, Failure};
use crate::app::{data_folder, furnish};
use crate::config::{Config, key_file};
use crate::domain::Gatepost;
use crate::domain::ports::{Change, Store, World};
use crate::domain::record::Record;
use crate::domain::record::key::Key;
use crate::domain::token::KeyRing;
use crate::domain::upkeep::OpenError;
use crate::store::backup::{BackupError, Header, Reader};
use crate::store::sled::{self as engine, FolderLock, SledSettings, SledStore};
use crate::world;

/// Where the new database is made. If the process dies, the next attempt begins again.
const UNFINISHED: &str = "restore.new";

/// What may be in a data folder without a database: its key, what a server that was killed leaves, and what a new file
/// system has.
const EXPECTED: [&str; 4] = [key_file::NAME, "lock", "gatepost.sock", "lost+found"];

/// A backup that was restored.
pub struct Restored {
    /// What the backup says about itself.
    pub header: Header,
    /// How many waiting emails were dropped.
    pub dropped_emails: usize,
}

/// Restores a backup into the data folder, which must have at most a key in it. `progress` gets how many records
/// are done, out of how many; each is read twice, to check the backup and to restore it.
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
        let nursery_lock = FolderLock::take(&nursery)?;
        fill(&nursery_lock, file, &world, |done| progress(header.records + done, header.records * 2))?;
        let store = Arc::new(SledStore::open_locked(nursery_lock, &SledSettings::existing())?);
        let made = begin_anew(Arc::clone(&store), ring, &config, world.clone()).await;
        store.close().await;
        let dropped_emails = made?;
        store.failure().map_or(Ok(dropped_emails), |reason| Err(Failure::StoreFailed(reason)))
    };
    match restored.await {
        Ok(dropped_emails) => {
            engine::adopt(&nursery, &folder)?;
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

fn open(file: &Path) -> Result<Reader<BufReader<File>>, Failure> {
    let opened = File::open(file).map_err(BackupError::from);
    let opened = opened.and_then(|opened| Reader::new(BufReader::with_capacity(1 << 20, opened)));
    opened.map_err(unusable(file))
}

fn unusable(file: &Path) -> impl Fn(BackupError) -> Failure {
    move |error| BackupFailure::Unusable { path: file.to_owned(), error }.into()
}

/// Refuses a folder with a database or anything else that is not expected, and removes what an attempt left that
/// did not finish.
fn make_room(folder: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::DataFolder { path: folder.to_owned(), error };
    let nursery = folder.join(UNFINISHED);
    if nursery.exists() {
        engine::abandon(&nursery, folder)?;
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
    SledStore::fill(lock, world.random(), || {
        let next = reader.next_record().map_err(unusable(file))?;
        done += u64::from(next.is_some());
        progress(done);
        Ok(next)
    })
}

/// Checks that the key belongs to the restored store, ends its sessions and requests, and drops its emails.
/// Returns how many.
async fn begin_anew(
    store: Arc<SledStore>,
    ring: KeyRing,
    config: &Config,
    world: World,
) -> Result<usize, Failure> {
    let mut change = Change::new();
    // Caused by the operator. There is at most one, and opening the store removes it.
    change.put(Key::restored(), Record::Restored);
    store.commit(change).await.map_err(OpenError::from)?;
    let gatepost = Gatepost::open(store, world, ring, furnish::domain(config)).await?;
    let dropped = gatepost.drop_letters().await;
    dropped.map_err(|error| Failure::System(io::Error::other(error)))
}
