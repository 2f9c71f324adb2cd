//! Verifying the store while it is in use.

use std::path::Path;
use std::sync::{MutexGuard, PoisonError};

use super::audit::Audit;
use super::mark::Mark;
use super::refusal::OpenError;
use super::settings::Proof;
use super::shared::Shared;
use super::tally::Tally;
use super::view::View;
use crate::domain::ports::StoreError;

/// How many records are counted at once. Readers are not held up, and the writer only that long.
const PAGE: usize = 200;

/// Verifies an open store. Only one such verification at a time.
///
/// # Errors
/// What is wrong with it.
pub(super) async fn verify(shared: &Shared) -> Result<Proof, OpenError> {
    let folder = shared.folder();
    let refuse =
        |error: &StoreError| OpenError::Unreadable { folder: folder.clone(), reason: error.to_string() };
    shared
        .read(|view| {
            *slot(view) = Some(Audit::new());
            Ok(())
        })
        .map_err(|error| refuse(&error))?;
    loop {
        let proof = shared.read(|view| {
            let mut slot = slot(view);
            let audit = slot.as_mut().expect("an audit stays until it ends");
            let page = view.page(&audit.rest, PAGE)?;
            audit.count(&page);
            let is_last = page.len() < PAGE;
            Ok(if is_last { slot.take().map(|audit| (audit, view.tally)) } else { None })
        });
        match proof.map_err(|error| refuse(&error))? {
            Some((audit, tally)) => return proven(&folder, audit, tally),
            None => tokio::task::yield_now().await,
        }
    }
}

fn slot(view: &View) -> MutexGuard<'_, Option<Audit>> {
    view.audit.lock().unwrap_or_else(PoisonError::into_inner)
}

fn proven(folder: &Path, audit: Audit, tally: Tally) -> Result<Proof, OpenError> {
    let Audit { found, unreadable, .. } = audit;
    let damaged = |reason: String| OpenError::Damaged { folder: folder.to_owned(), reason };
    let Tally { records, commits, .. } = tally;
    if found.records != records {
        return Err(damaged(format!("{} records, but commit {commits} left {records}", found.records)));
    }
    if found.digest != tally.digest {
        return Err(damaged("the records do not match their digest".into()));
    }
    // The side file may be ahead of what readers see by the group that is being written.
    match Mark::read(folder)? {
        None => Err(OpenError::MarkMissing { folder: folder.to_owned() }),
        Some(mark) if mark.id != tally.id => Err(OpenError::Foreign { folder: folder.to_owned() }),
        Some(_) => Ok(Proof { records, commits, unreadable, restored: false }),
    }
}
