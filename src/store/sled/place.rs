//! Where in the data folder the engine keeps its files.

use std::path::{Path, PathBuf};

/// The folder sled works in.
pub(super) fn store_folder(folder: &Path) -> PathBuf {
    folder.join("store")
}

/// Where a store with records is created. It is renamed once it is complete, so a crash leaves all or nothing.
pub(super) fn nursery(folder: &Path) -> PathBuf {
    folder.join("store.new")
}

/// The backup of a store that is about to get another format, after this many commits.
pub(super) fn backup_before_upgrade(folder: &Path, id: [u8; 16], commits: u64) -> PathBuf {
    folder.join(format!("before-upgrade-{:032x}-{commits}.backup", u128::from_be_bytes(id)))
}

/// Where a copy of the store is verified before the store itself is opened.
pub(super) fn rehearsal(folder: &Path) -> PathBuf {
    folder.join("store.proof")
}

/// Sled's only file with records.
pub(super) fn db_file(store: &Path) -> PathBuf {
    store.join("db")
}

/// The side file.
pub(super) fn mark(folder: &Path) -> PathBuf {
    folder.join("store.mark")
}

/// The lock file.
pub(super) fn lock(folder: &Path) -> PathBuf {
    folder.join("lock")
}
