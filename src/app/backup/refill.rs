//! Restoring into an empty database that servers share, in steps: until the last one, no server opens it.

use std::path::Path;

use super::contents::{begin_anew, open, unusable};
use crate::app::data_folder::{self, given_or_found};
use crate::app::failure::{BackupFailure, Failure};
use crate::config::{Config, key_file};
use crate::domain::ports::{StoreError, World};
use crate::domain::token::KeyRing;
use crate::domain::upkeep::OpenError;
use crate::store::shared::{Filling, SharedSettings};

/// How many records are read before they are written.
const STEP: usize = 1000;

/// Restores all records. `progress` gets how many are done. Returns how many waiting emails were dropped.
pub(super) async fn refill(
    settings: &SharedSettings,
    config: &mut Config,
    file: &Path,
    world: &World,
    progress: impl FnMut(u64),
) -> Result<usize, Failure> {
    let folder = config.data_dir.clone();
    // So that no server of this folder starts meanwhile.
    let _lock = data_folder::lock(&folder)?;
    let no_key = || BackupFailure::NoKey { path: folder.join(key_file::NAME) };
    let ring = given_or_found(config)?.ok_or_else(no_key)?;
    let filling = Filling::begin(settings, world.clone()).await?;
    let restored = restored(&filling, ring, config, file, world, progress).await;
    let ended = filling.end(restored.is_ok()).await;
    let dropped = restored?;
    ended.map_err(failed)?;
    Ok(dropped)
}

async fn restored(
    filling: &Filling,
    ring: KeyRing,
    config: &Config,
    file: &Path,
    world: &World,
    mut progress: impl FnMut(u64),
) -> Result<usize, Failure> {
    let mut reader = open(file)?;
    let (mut step, mut done) = (Vec::new(), 0);
    while let Some(record) = reader.next_record().map_err(unusable(file))? {
        step.push(record);
        done += 1;
        if step.len() == STEP {
            filling.put(std::mem::take(&mut step)).await.map_err(failed)?;
            progress(done);
        }
    }
    filling.put(step).await.map_err(failed)?;
    progress(done);
    let store = filling.filled(done).await.map_err(failed)?;
    begin_anew(store, ring, config, world.clone()).await
}

fn failed(error: StoreError) -> Failure {
    OpenError::from(error).into()
}
