//! Everything that is stored about a person, for that person. Read page by page, so that its size does not
//! matter.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::StoreError;
use crate::domain::profile::history::Entry;
use crate::domain::record::app_key::AppKey;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::refusals::Refusals;
use crate::domain::record::session::Session;
use crate::domain::session::Live;

/// How many records are read at a time.
const PAGE: usize = 200;

/// An export in progress: everything stored about an account except its own record.
pub struct Export {
    /// The live sessions, most recently used first.
    pub sessions: Vec<Session>,
    /// The keys for programs that work, the newest first.
    pub keys: Vec<AppKey>,
    rest: Rest,
    unwritten: BTreeMap<Key, Refusals>,
    _place: OwnedSemaphorePermit,
}

/// What has not been read yet.
enum Rest {
    Events(Span),
    /// Those that are still in memory, before those in the store.
    Refusals(Span),
    StoredRefusals(Span),
    Nothing,
}

impl Gatepost {
    /// Begins to export everything.
    ///
    /// # Errors
    /// `Store(Busy)` while two exports are in progress; `Store`.
    pub async fn export(&self, live: &Live) -> Result<Export, Error> {
        // Each reads as much as its account holds, which its owner decides.
        let place = Arc::clone(&self.exports).try_acquire_owned().map_err(|_| StoreError::Busy)?;
        let account = live.account.id;
        Ok(Export {
            sessions: self.sessions(live).await?,
            keys: self.app_keys(&live.account).await?,
            rest: Rest::Events(Span::history(account)),
            unwritten: self.unwritten_refusals(account),
            _place: place,
        })
    }

    /// The next lines of the history: the events, newest first, then what was refused, newest first. Nothing
    /// after the last.
    ///
    /// # Errors
    /// `Store`.
    pub async fn next_page(&self, live: &Live, export: &mut Export) -> Result<Option<Vec<Entry>>, Error> {
        loop {
            let (page, rest) = match &export.rest {
                Rest::Events(span) => {
                    let (events, last) = self.events_page(span, PAGE).await?;
                    let rest = match last {
                        Some(last) => Rest::Events(span.after(&last)),
                        None => Rest::Refusals(Span::refusals(live.account.id)),
                    };
                    (events.into_iter().map(Entry::from).collect(), rest)
                }
                Rest::Refusals(span) => {
                    let unwritten = export.unwritten.values().cloned().map(Entry::from).collect();
                    (unwritten, Rest::StoredRefusals(span.clone()))
                }
                Rest::StoredRefusals(span) => {
                    let (stored, last) = self.refusals_page(span, PAGE, &export.unwritten).await?;
                    let rest = last.map(|last| Rest::StoredRefusals(span.after(&last)));
                    let entries = stored.into_iter().map(|(_, refusals)| Entry::from(refusals));
                    (entries.collect::<Vec<_>>(), rest.unwrap_or(Rest::Nothing))
                }
                Rest::Nothing => return Ok(None),
            };
            export.rest = rest;
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
    }
}
