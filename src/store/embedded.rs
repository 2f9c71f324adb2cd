//! The engine in the data folder, which is the default: opening, verifying and making its store. What is done with the store
//! afterwards is the same for every engine ([`Life`]).

use std::path::Path;
use std::sync::Arc;

use super::life::{Life, Proof, Refusal};
use super::moving::{Destination, Origin};
pub use super::sled::FolderLock;
use super::sled::{self as engine, OpenError, SledSettings, SledStore};
use crate::domain::ports::{Store, World};
use crate::domain::record::key::Key;

/// Locks an existing data folder, which must be ours.
///
/// # Errors
/// `InUse`, which names the process that holds the lock; whose folder it is.
pub fn lock(folder: &Path) -> Result<FolderLock, Refusal> {
    Ok(FolderLock::take(folder)?)
}

/// Refuses a data folder of another user.
///
/// # Errors
/// Whose it is.
pub fn check_owner(folder: &Path) -> Result<(), Refusal> {
    Ok(engine::check_owner(folder)?)
}

/// Whether the data folder has a store, intact or not.
#[must_use]
pub fn is_known(folder: &Path) -> bool {
    engine::is_known(folder)
}

/// Opens the store of a locked data folder. If there never was one, creates one with this random id, if one is given.
/// `cache_mib` is how much of what was read is kept in memory; 0 for what suits the machine. Blocks.
///
/// # Errors
/// One line, with the file and the command that helps.
pub fn open(lock: FolderLock, new_id: Option<[u8; 16]>, cache_mib: usize) -> Result<Arc<dyn Life>, Refusal> {
    let settings = SledSettings { new_store_id: new_id, ..SledSettings::existing() };
    Ok(Arc::new(SledStore::open_locked(lock, &settings.with_cache_mib(cache_mib))?))
}

/// Creates a store in a locked, empty folder, with all records that `next` returns in the order of their keys. `id` is
/// random.
///
/// # Errors
/// One line, or the error of `next`.
pub fn fill<E: From<Refusal>>(
    lock: &FolderLock,
    id: [u8; 16],
    mut next: impl FnMut() -> Result<Option<(Key, Vec<u8>)>, E>,
) -> Result<(), E> {
    SledStore::fill(lock, id, || next().map_err(Unfilled::Next)).map_err(|unfilled| match unfilled {
        Unfilled::Refused(refusal) => refusal.into(),
        Unfilled::Next(error) => error,
    })
}

enum Unfilled<E> {
    Refused(Refusal),
    Next(E),
}

impl<E> From<OpenError> for Unfilled<E> {
    fn from(error: OpenError) -> Self {
        Self::Refused(error.into())
    }
}

/// Moves a store that was made in the folder `nursery` into the data folder.
///
/// # Errors
/// What is in its way.
pub fn adopt(nursery: &Path, folder: &Path) -> Result<(), Refusal> {
    Ok(engine::adopt(nursery, folder)?)
}

/// Takes back what moving a store out of `nursery` did before it was interrupted.
///
/// # Errors
/// What is in its way.
pub fn abandon(nursery: &Path, folder: &Path) -> Result<(), Refusal> {
    Ok(engine::abandon(nursery, folder)?)
}

/// Opens the store of a locked data folder that is to be moved, even if it was moved already. Blocks.
///
/// # Errors
/// Why it is not opened.
pub async fn depart(lock: FolderLock) -> Result<Box<dyn Origin>, Refusal> {
    Ok(Box::new(engine::Leaving::new(lock).await?))
}

/// A locked data folder that a store is moved to, whatever is there.
#[must_use]
pub fn arrive(lock: FolderLock, world: World) -> Box<dyn Destination> {
    Box::new(engine::Arriving::new(lock, world))
}

/// Verifies all of a store that no process uses, without changing it. Returns the store too, to see whether its records fit
/// together. `progress` gets how many records were verified, out of how many.
///
/// # Errors
/// The refusal that opening it ends with, sooner or later.
pub fn inspect(
    folder: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Proof, Arc<dyn Store>), Refusal> {
    let inspected = engine::inspect(folder, progress)?;
    Ok((inspected.proof.clone(), Arc::new(inspected)))
}

/// The same, and accepts it as the latest store. Unless it is certain that it is, its sessions and requests end: some of them
/// may have ended since. A damaged store is refused all the same.
///
/// # Errors
/// Why it is not accepted.
pub fn accept(folder: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Proof, Refusal> {
    Ok(engine::accept(folder, progress)?)
}

/// Why nothing is done with a data folder without a store.
#[must_use]
pub fn without_store(folder: &Path) -> Refusal {
    OpenError::NoStore { folder: folder.to_owned() }.into()
}

/// Why nothing is done with a data folder that has a key, but not its store.
#[must_use]
pub fn only_a_key(folder: &Path) -> Refusal {
    OpenError::KeyOnly { folder: folder.to_owned() }.into()
}

/// Why no store is created where there is one.
#[must_use]
pub fn has_a_store(folder: &Path) -> Refusal {
    OpenError::Exists { folder: folder.to_owned() }.into()
}
