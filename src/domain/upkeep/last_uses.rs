//! Writing when sessions were last used: in batches of their own, so that no response waits for it and a million
//! sessions cost no more commits than the people who do something.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Committed, StoreError};
use crate::domain::record::Record;
use crate::domain::record::app_key::AppKey;
use crate::domain::record::session::Session;
use crate::domain::run::{LastUse, NotedUse};

/// How many sessions one commit writes. Each takes an expectation and a write.
const PAGE: usize = 90;
/// How often a page is written at most.
const MAX_ATTEMPTS: usize = 20;

impl Gatepost {
    /// Writes when sessions and keys for programs were last used. What cannot be written stays in memory.
    ///
    /// # Errors
    /// `Store`.
    pub async fn write_last_uses(&self) -> Result<(), Error> {
        for page in self.last_uses.unwritten().chunks(PAGE) {
            let mut written = self.write_uses(page).await;
            for _ in 1..MAX_ATTEMPTS {
                match written {
                    // A session has changed or ended meanwhile. Or perhaps the page was written: then the next
                    // attempt finds nothing to write.
                    Ok(Committed::Conflict) | Err(Error::Store(StoreError::InDoubt(_))) => {
                        written = self.write_uses(page).await;
                    }
                    Ok(Committed::Yes) | Err(_) => break,
                }
            }
            written?;
        }
        for page in self.key_uses.unwritten().chunks(PAGE) {
            let mut written = self.write_key_uses(page).await;
            for _ in 1..MAX_ATTEMPTS {
                match written {
                    Ok(Committed::Conflict) | Err(Error::Store(StoreError::InDoubt(_))) => {
                        written = self.write_key_uses(page).await;
                    }
                    Ok(Committed::Yes) | Err(_) => break,
                }
            }
            written?;
        }
        Ok(())
    }

    /// As below. Another run may have written a use of the same hour meanwhile: then there is nothing to write.
    async fn write_key_uses(&self, page: &[NotedUse]) -> Result<Committed, Error> {
        let mut change = Change::new();
        let keys = page.iter().map(NotedUse::key).collect();
        for found in self.list_these::<AppKey>(keys).await? {
            let its = page.iter().find(|it| it.key() == found.key).map(|it| it.its);
            if let Some(last) = its.filter(|its| AppKey::is_use_due(found.value.last_use, its.at)) {
                change.expect(found.key.clone(), Some(found.version));
                change.put(found.key, Record::AppKey(AppKey { last_use: Some(last), ..found.value }));
            }
        }
        if !change.writes.is_empty() && self.store.commit(change).await? == Committed::Conflict {
            return Ok(Committed::Conflict);
        }
        self.key_uses.forget(page);
        Ok(Committed::Yes)
    }

    /// Sessions are expected as they were read: one that is ended meanwhile must not come back.
    async fn write_uses(&self, page: &[LastUse]) -> Result<Committed, Error> {
        let mut change = Change::new();
        let keys = page.iter().map(LastUse::key).collect();
        for found in self.list_these::<Session>(keys).await? {
            let its = page.iter().find(|it| it.key() == found.key);
            if let Some(last_used_at) = its.and_then(|it| it.unwritten_in(&found.value)) {
                change.expect(found.key.clone(), Some(found.version));
                change.put(found.key, Record::from(Session { last_used_at, ..found.value }));
            }
        }
        if !change.writes.is_empty() && self.store.commit(change).await? == Committed::Conflict {
            return Ok(Committed::Conflict);
        }
        self.last_uses.forget(page);
        Ok(Committed::Yes)
    }
}
