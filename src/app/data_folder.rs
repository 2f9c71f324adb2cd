//! The data folder and the key in it.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use rustix::fs::Access;
use rustix::process::geteuid;

use super::failure::Failure;
use crate::config::Config;
use crate::config::access::Others;
use crate::config::key_file::{self, Stored};
use crate::domain::ports::World;
use crate::domain::token::KeyRing;
use crate::store::sled as engine;

/// The permissions that are needed for the folder.
pub(super) const NEEDED: Access = Access::READ_OK.union(Access::WRITE_OK).union(Access::EXEC_OK);

/// Creates the data folder if necessary and reads the key; creates a key if nothing was stored yet.
pub(super) fn open_keys(config: &mut Config, world: &World) -> Result<KeyRing, Failure> {
    let folder = &config.data_dir;
    create(folder).map_err(|error| Failure::DataFolder { path: folder.clone(), error })?;
    refuse_others(folder)?;
    if let Some(ring) = config.keys.take() {
        return Ok(ring);
    }
    let stored = if engine::is_known(folder) { Stored::Something } else { Stored::Nothing };
    Ok(key_file::read_or_make(folder, stored, world)?)
}

/// Creates the data folder, accessible only to its owner, or checks that an existing one is writable.
fn create(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    Ok(rustix::fs::access(folder, NEEDED)?)
}

/// Refuses a data folder that others can write to: they could replace the database, the key and the socket,
/// and a command would then show them a sign-in link. One that others can only read is worth a warning,
/// since every file in it is private.
pub(super) fn refuse_others(folder: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::DataFolder { path: folder.to_owned(), error };
    let metadata = fs::metadata(folder).map_err(failed)?;
    let Others { read, write } = Others::of(&metadata);
    let mode = metadata.mode() & 0o7777;
    if let Some(others) = write {
        return Err(Failure::SharedFolder { path: folder.to_owned(), others, mode });
    }
    if let Some(others) = read {
        let shown = folder.display();
        let private = if metadata.uid() == geteuid().as_raw() { "700" } else { "o=" };
        tracing::warn!(
            "the data folder {shown} is accessible to {others} (mode {mode:04o}); run: chmod {private} {shown}"
        );
    }
    Ok(())
}
