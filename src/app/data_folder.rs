//! The data folder: its key, and opening the store in it.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::Access;

use super::failure::Failure;
use crate::config::Config;
use crate::config::access::{Others, View};
use crate::config::key_file::{self, Found, KeyFileError};
use crate::domain::ports::World;
use crate::domain::token::KeyRing;
use crate::store::embedded::{self, FolderLock};
use crate::store::life::{Life, Refusal};

/// The permissions that are needed for the folder.
pub(super) const NEEDED: Access = Access::READ_OK.union(Access::WRITE_OK).union(Access::EXEC_OK);

/// The keys of a data folder, and its open store.
pub(super) type Opened = (KeyRing, Arc<dyn Life>);

/// Locks the data folder for the server, and creates it if necessary. Another process may be at its first
/// start there.
pub(super) fn lock(folder: &Path) -> Result<FolderLock, Failure> {
    prepare(folder)?;
    Ok(embedded::lock(folder)?)
}

/// Opens the store for the server. At the very first start, creates key and store: first a draft of the key,
/// then the store, and the key last. So a crash in between leaves either nothing or a draft, and the next
/// start goes on from there. A key without a store always means that the store was lost.
pub(super) fn open_or_create(
    lock: FolderLock,
    config: &mut Config,
    world: &World,
) -> Result<Opened, Failure> {
    let folder = lock.folder().to_owned();
    let is_known = embedded::is_known(&folder);
    let new = Manner { id: Some(world.random()), cache_mib: config.store.cache_mib() };
    match (config.keys.take(), is_known) {
        (None, false) => match key_file::find(&folder)? {
            Found::Key(_) => Err(embedded::only_a_key(&folder).into()),
            Found::Draft(ring) => begin(lock, ring, new),
            Found::Nothing => begin(lock, key_file::draft(&folder, world)?, new),
        },
        // A key from elsewhere may belong to a store on a disk that is not mounted.
        (Some(_), false) => Err(embedded::only_a_key(&folder).into()),
        (given, true) => open_known(lock, given, Manner { id: None, ..new }),
    }
}

/// Opens the store for a command. Never creates one: where there is none, the folder is probably wrong.
pub(super) fn open(config: &mut Config) -> Result<Opened, Failure> {
    let folder = config.data_dir.clone();
    if folder.exists() {
        refuse_others(&folder, View::Own)?;
    }
    if !embedded::is_known(&folder) {
        return Err(without_store(&folder).into());
    }
    let known = Manner { id: None, cache_mib: config.store.cache_mib() };
    open_known(embedded::lock(&folder)?, config.keys.take(), known)
}

/// Creates an empty store for a key that is there.
pub(super) fn create_for_key(config: &mut Config, world: &World) -> Result<Opened, Failure> {
    let folder = config.data_dir.clone();
    if embedded::is_known(&folder) {
        return Err(embedded::has_a_store(&folder).into());
    }
    if config.keys.is_none() && !key_file::is_there(&folder) {
        return Err(KeyFileError::NoKey { path: folder.join(key_file::NAME) }.into());
    }
    prepare(&folder)?;
    let lock = embedded::lock(&folder)?;
    let no_key = || KeyFileError::NoKey { path: folder.join(key_file::NAME) };
    let ring = given_or_found(config)?.ok_or_else(no_key)?;
    Ok((ring, embedded::open(lock, Some(world.random()), 0)?))
}

/// The key that the configuration gives or the data folder has, for a new store.
pub(super) fn given_or_found(config: &mut Config) -> Result<Option<KeyRing>, Failure> {
    if let Some(ring) = config.keys.take() {
        return Ok(Some(ring));
    }
    match key_file::find(&config.data_dir)? {
        Found::Key(ring) | Found::Draft(ring) => Ok(Some(ring)),
        Found::Nothing => Ok(None),
    }
}

/// Refuses a folder without a store.
pub(super) fn expect_store(folder: &Path) -> Result<(), Failure> {
    if embedded::is_known(folder) {
        return Ok(());
    }
    embedded::check_owner(folder)?;
    Err(without_store(folder).into())
}

/// Why a command that needs a store does not find one in `folder`.
fn without_store(folder: &Path) -> Refusal {
    if key_file::is_there(folder) { embedded::only_a_key(folder) } else { embedded::without_store(folder) }
}

/// How a store is opened.
#[derive(Clone, Copy)]
struct Manner {
    /// The id of a store that may be created.
    id: Option<[u8; 16]>,
    cache_mib: usize,
}

impl Manner {
    fn open(self, lock: FolderLock) -> Result<Arc<dyn Life>, Refusal> {
        embedded::open(lock, self.id, self.cache_mib)
    }
}

fn open_known(lock: FolderLock, given: Option<KeyRing>, manner: Manner) -> Result<Opened, Failure> {
    let folder = lock.folder().to_owned();
    let ring = match given {
        Some(ring) => ring,
        None => match key_file::find(&folder)? {
            Found::Key(ring) => {
                let discarded = key_file::discard_draft(&folder);
                discarded.map_err(|error| Failure::DataFolder { path: folder, error })?;
                ring
            }
            // The first start was interrupted between its store and its key.
            Found::Draft(ring) => return begin(lock, ring, manner),
            Found::Nothing => return Err(KeyFileError::Missing { path: folder.join(key_file::NAME) }.into()),
        },
    };
    Ok((ring, manner.open(lock)?))
}

/// Opens or creates the store that belongs to the draft of a key, then makes the draft the key.
fn begin(lock: FolderLock, ring: KeyRing, manner: Manner) -> Result<Opened, Failure> {
    let folder = lock.folder().to_owned();
    let store = manner.open(lock)?;
    key_file::settle(&folder)?;
    Ok((ring, store))
}

/// Creates the data folder if necessary, and checks who has access to it.
fn prepare(folder: &Path) -> Result<(), Failure> {
    create(folder).map_err(|error| Failure::DataFolder { path: folder.to_owned(), error })?;
    refuse_others(folder, View::Own)
}

/// Creates the data folder, accessible only to its owner, or checks that an existing one is writable.
fn create(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    Ok(rustix::fs::access(folder, NEEDED)?)
}

/// Refuses a data folder that others can write to: they could replace the database, the key and the socket,
/// and a command would then show them a sign-in link. One that others can only read is worth a warning,
/// since every file in it is private.
pub(super) fn refuse_others(folder: &Path, view: View) -> Result<(), Failure> {
    let failed = |error| Failure::DataFolder { path: folder.to_owned(), error };
    let others = Others::of(&fs::metadata(folder).map_err(failed)?, view);
    let (shown, mode, fix) = (folder.display(), others.mode, others.fix(folder, "700"));
    if let Some(others) = others.write {
        return Err(Failure::SharedFolder { path: folder.to_owned(), others, mode, fix });
    }
    if let Some(others) = others.read {
        tracing::warn!("the data folder {shown} is accessible to {others} (mode {mode:04o}); {fix}");
    }
    if let Some(doubt) = others.doubt {
        tracing::warn!("the data folder {shown}: {doubt}");
    }
    Ok(())
}
