//! Removing what a deleted account left behind: its sessions, its events, the requests it made and the sign-ins
//! on new devices.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::upkeep::Swept;

/// How many records one commit removes. A request takes two deletes.
const PAGE: usize = 45;

impl Gatepost {
    /// Removes one page of what deleted accounts left behind.
    pub(in crate::domain) async fn sweep_remains(&self) -> Result<Swept, Error> {
        let first = self.store.scan(&Span::remains(), 1).await?.pop();
        // The key says it all, so it does not matter whether the record can be read.
        let Some((remains, _)) = first else { return Ok(Swept::All) };
        let Some(account) = remains.remains_of() else { return Ok(Swept::All) };
        let mut change = Change::of(Class::Shrink);
        for key in self.remaining_records(account).await? {
            // A key under the account may point to another record, which is removed too.
            if let Some(record) = key.asked_record() {
                change.delete(record);
            }
            change.delete(key);
        }
        if change.writes.is_empty() {
            change.delete(remains);
        }
        self.store.commit(change).await?;
        Ok(Swept::More)
    }

    /// Some of the records under an account; none if all are removed.
    async fn remaining_records(&self, account: AccountId) -> Result<Vec<Key>, Error> {
        let (history, refusals) = (Span::history(account), Span::refusals(account));
        for span in [Span::sessions(account), history, refusals, Span::asked(account)] {
            let page = self.store.scan(&span, PAGE).await?;
            if !page.is_empty() {
                return Ok(page.into_iter().map(|(key, _)| key).collect());
            }
        }
        Ok(Vec::new())
    }
}
