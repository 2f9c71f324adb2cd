//! Removing old events. They are in the order of time, so a range of keys says which are old, and no event needs
//! a mark.

use std::time::Duration;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class};
use crate::domain::record::event::Event;
use crate::domain::record::key::Span;
use crate::domain::record::time::Timestamp;
use crate::domain::upkeep::Swept;

/// How many events one commit removes. Each may have a copy under its account.
const PAGE: usize = Change::MAX_WRITES / 2;

impl Gatepost {
    /// Removes one page of events that are older than `keep`, with their copies. One that cannot be read stays: no
    /// one can know whose copy belongs to it.
    pub(super) async fn sweep_events(&self, now: Timestamp, keep: Duration) -> Result<Swept, Error> {
        let old = self.list::<Event>(&Span::events_until(now.minus(keep)), PAGE).await?;
        let mut change = Change::of(Class::Shrink);
        for event in old {
            if let Some(copy) = event.value.account.and_then(|account| event.key.copy_of_event(account)) {
                change.delete(copy);
            }
            // Without an expectation: if its account is being taken from it, that is all the same now.
            change.delete(event.key);
        }
        if change.writes.is_empty() {
            return Ok(Swept::All);
        }
        self.store.commit(change).await?;
        Ok(Swept::More)
    }
}
