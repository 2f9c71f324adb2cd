//! Moving a store that was made in a folder of its own into its data folder: all of it or, after a crash, nothing
//! that counts as a store.

use std::fs;
use std::path::Path;

use super::refusal::OpenError;
use super::{files, place};

/// Moves the closed store from `nursery` to the locked data folder, which has none. The side file goes first: alone
/// it is refused at every start.
///
/// # Errors
/// `Io`.
pub fn adopt(nursery: &Path, folder: &Path) -> Result<(), OpenError> {
    let refuse = |error| OpenError::io(folder, &place::store_folder(folder), &error);
    fs::rename(place::mark(nursery), place::mark(folder)).map_err(refuse)?;
    files::sync_folder(folder).map_err(refuse)?;
    fs::rename(place::store_folder(nursery), place::store_folder(folder)).map_err(refuse)?;
    files::sync_folder(folder).map_err(refuse)
}

/// Removes what an adoption from `nursery` left that did not finish.
///
/// # Errors
/// `Io`.
pub fn abandon(nursery: &Path, folder: &Path) -> Result<(), OpenError> {
    let mark = place::mark(folder);
    let is_half = mark.exists() && !place::store_folder(folder).exists();
    if !is_half || !place::store_folder(nursery).exists() {
        return Ok(());
    }
    files::remove_if_there(&mark).map_err(|error| OpenError::io(folder, &mark, &error))
}
