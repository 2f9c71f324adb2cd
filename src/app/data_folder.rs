//! The data folder and the key in it.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use rustix::fs::Access;

use super::failure::Failure;
use crate::config::Config;
use crate::config::key_file::{self, Stored};
use crate::domain::ports::World;
use crate::domain::token::KeyRing;
use crate::store::sled as engine;

/// The permissions that are needed for the folder.
pub(super) const NEEDED: Access = Access::READ_OK.union(Access::WRITE_OK).union(Access::EXEC_OK);
/// The permissions of everyone but the owner.
const OTHERS: u32 = 0o077;

/// Creates the data folder if necessary and reads the key; creates a key if nothing was stored yet.
pub(super) fn open_keys(config: &mut Config, world: &World) -> Result<KeyRing, Failure> {
    let folder = &config.data_dir;
    create(folder).map_err(|error| Failure::DataFolder { path: folder.clone(), error })?;
    if let Some(ring) = config.keys.take() {
        return Ok(ring);
    }
    let stored = if engine::is_known(folder) { Stored::Something } else { Stored::Nothing };
    Ok(key_file::read_or_make(folder, stored, world)?)
}

/// Creates the data folder, accessible only to its owner, or checks that an existing one is writable.
fn create(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    rustix::fs::access(folder, NEEDED)?;
    warn_if_others_have_access(folder, fs::metadata(folder)?.mode());
    Ok(())
}

pub(super) fn warn_if_others_have_access(folder: &Path, mode: u32) {
    let mode = mode & 0o777;
    if mode & OTHERS != 0 {
        tracing::warn!(
            "the data folder {0} is accessible to others (mode {mode:o}); run: chmod 700 {0}",
            folder.display()
        );
    }
}
