//! What every way to restore a backup does: reading its file, and a new beginning for its records.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::Arc;

use crate::app::failure::{BackupFailure, Failure};
use crate::app::furnish;
use crate::config::Config;
use crate::domain::Gatepost;
use crate::domain::ports::{Change, Company, World};
use crate::domain::record::Record;
use crate::domain::record::key::Key;
use crate::domain::token::KeyRing;
use crate::domain::upkeep::OpenError;
use crate::store::backup::{BackupError, Reader};
use crate::store::life::Life;

/// Opens the file of a backup.
pub(super) fn open(file: &Path) -> Result<Reader<BufReader<File>>, Failure> {
    let opened = File::open(file).map_err(BackupError::from);
    let opened = opened.and_then(|opened| Reader::new(BufReader::with_capacity(1 << 20, opened)));
    opened.map_err(unusable(file))
}

/// Names the file in an error.
pub(super) fn unusable(file: &Path) -> impl Fn(BackupError) -> Failure {
    move |error| BackupFailure::Unusable { path: file.to_owned(), error }.into()
}

/// Checks that the key belongs to the restored store, ends its sessions and requests, and drops its emails.
/// Returns how many.
pub(super) async fn begin_anew(
    store: Arc<dyn Life>,
    ring: KeyRing,
    config: &Config,
    world: World,
) -> Result<usize, Failure> {
    let mut change = Change::new();
    // Caused by the operator. There is at most one, and opening the store removes it.
    change.put(Key::restored(), Record::Restored);
    store.commit(change).await.map_err(OpenError::from)?;
    let gatepost = Gatepost::open(store, Company::Alone, world, ring, furnish::domain(config)).await?;
    let dropped = gatepost.drop_letters().await;
    dropped.map_err(|error| Failure::System(io::Error::other(error)))
}
