//! Removing what a deleted account left: its sessions, its events, the requests it made.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::upkeep::Swept;

/// Records removed at a time. Removing a request takes two deletes.
const PAGE: usize = 45;

impl Gatepost {
    /// Removes one page of what deleted accounts left.
    pub(in crate::domain) async fn sweep_remains(&self) -> Result<Swept, Error> {
        let first = self.store.scan(&Span::remains(), 1).await?.pop();
        let Some((remains, found)) = first else { return Ok(Swept::All) };
        let Record::Remains(account) = found.record else { return Ok(Swept::All) };
        let mut change = Change::new();
        for key in self.remaining_records(account).await? {
            // The request that a key under the account speaks of.
            if let Some(request) = key.asked_request() {
                change.delete(request);
            }
            change.delete(key);
        }
        if change.writes.is_empty() {
            change.delete(remains);
        }
        self.store.commit(change).await?;
        Ok(Swept::More)
    }

    /// Some of the records that stand under an account; none where none is left.
    async fn remaining_records(&self, account: AccountId) -> Result<Vec<Key>, Error> {
        for span in [Span::sessions(account), Span::history(account), Span::asked(account)] {
            let page = self.store.scan(&span, PAGE).await?;
            if !page.is_empty() {
                return Ok(page.into_iter().map(|(key, _)| key).collect());
            }
        }
        Ok(Vec::new())
    }
}
