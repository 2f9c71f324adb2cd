//! Opening a store that several servers share. The data folder has the key and no records; the store itself says whether it
//! is new.

use std::path::Path;
use std::sync::Arc;

use super::data_folder::{Opened, given_or_found, refuse_others};
use super::failure::Failure;
use super::furnish;
use crate::config::Config;
use crate::config::access::View;
use crate::config::key_file::{self, Found, KeyFileError};
use crate::domain::Gatepost;
use crate::domain::ports::{Company, World};
use crate::domain::token::KeyRing;
use crate::domain::upkeep::{OpenError, make_room};
use crate::store::embedded::{self, FolderLock};
use crate::store::life::{Life, Refusal};
use crate::store::shared::{self, Access, SharedSettings};

/// Opens it for a server, whose data folder is locked. At the very first start, makes a key.
pub(super) async fn open(
    settings: &SharedSettings,
    lock: &FolderLock,
    config: &mut Config,
    world: &World,
) -> Result<Opened, Failure> {
    let opened = shared::open(settings, Access::Server, world.clone()).await?;
    let prepared = async {
        let ring = ring(&opened, lock.folder(), config, world).await?;
        // It may take a while, so it is done while the server already answers that it starts.
        if let Company::Shared(member) = furnish::company(config, &opened.store) {
            make_room(&*opened.store, world, &member).await?;
        }
        Ok(ring)
    };
    match prepared.await {
        Ok(ring) => Ok((ring, opened.store)),
        Err(failure) => {
            opened.store.close().await;
            Err(failure)
        }
    }
}

/// Opens it for a command, beside the servers.
pub(super) async fn open_as_guest(
    settings: &SharedSettings,
    config: &mut Config,
    world: &World,
) -> Result<Opened, Failure> {
    let folder = config.data_dir.clone();
    if folder.exists() {
        refuse_others(&folder, View::Own)?;
    }
    // Before the database is asked, which may take a while.
    let missing = || KeyFileError::Missing { path: folder.join(key_file::NAME) };
    let ring = given_or_found(config)?.ok_or_else(missing)?;
    Ok((ring, open_to_look(settings, world).await?))
}

/// Opens it without a key.
pub(super) async fn open_to_look(settings: &SharedSettings, world: &World) -> Result<Arc<dyn Life>, Failure> {
    let opened = shared::open(settings, Access::Guest, world.clone()).await?;
    if !opened.is_empty {
        return Ok(opened.store);
    }
    opened.store.close().await;
    let sentence = format!("{settings}: no database found; check store.url and store.schema");
    Err(Refusal::Other(sentence).into())
}

async fn ring(
    opened: &shared::Opened,
    folder: &Path,
    config: &mut Config,
    world: &World,
) -> Result<KeyRing, Failure> {
    if opened.is_empty {
        refuse_a_loss(opened, folder)?;
    }
    if let Some(ring) = config.keys.take() {
        return Ok(ring);
    }
    match key_file::find(folder)? {
        Found::Key(ring) => {
            let discarded = key_file::discard_draft(folder);
            discarded.map_err(|error| Failure::DataFolder { path: folder.to_owned(), error })?;
            Ok(ring)
        }
        // The first start was interrupted between its database and its key.
        Found::Draft(ring) => begin(&opened.store, ring, folder, config, world).await,
        Found::Nothing if opened.is_empty => {
            begin(&opened.store, key_file::draft(folder, world)?, folder, config, world).await
        }
        Found::Nothing => Err(KeyFileError::Missing { path: folder.join(key_file::NAME) }.into()),
    }
}

/// Refuses an empty database where there was one with records: strangers could register all addresses in it.
fn refuse_a_loss(opened: &shared::Opened, folder: &Path) -> Result<(), Refusal> {
    let sentence = if let Some(file) = &opened.was_used {
        format!(
            "{}: this server used a database before, and the one of store.url and store.schema is empty; put it back, \
             restore a backup with `gatepost store restore FILE`, or, if it is meant to be empty, remove this file",
            file.display()
        )
    } else if embedded::is_known(folder) {
        format!(
            "{}: this data folder has a database, and the one of store.url is empty; restore a backup of the first into \
             it with `gatepost store restore FILE`, or set data_dir to a new folder",
            folder.display()
        )
    } else {
        return Ok(());
    };
    Err(Refusal::Other(sentence))
}

/// Has the store remember the draft of a key, then makes the draft the key. Another server may have been faster.
async fn begin(
    store: &Arc<dyn Life>,
    ring: KeyRing,
    folder: &Path,
    config: &Config,
    world: &World,
) -> Result<KeyRing, Failure> {
    match Gatepost::open(store.clone(), Company::Alone, world.clone(), ring, furnish::domain(config)).await {
        Ok(_) => {
            key_file::settle(folder)?;
            Ok(key_file::read(&folder.join(key_file::NAME), View::Own)?)
        }
        Err(error) => {
            if let (OpenError::WrongKey { .. }, Err(left)) = (&error, key_file::discard_draft(folder)) {
                tracing::warn!(error = %left, "{}: could not remove the draft of a key", folder.display());
            }
            Err(error.into())
        }
    }
}
