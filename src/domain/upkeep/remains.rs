//! Removing what a deleted account left behind: its sessions, its history, the requests it made, the sign-ins
//! on new devices, and what is kept about emails to its addresses. Its events stay in the order of time, as those of no one, so that what happened can still be
//! counted.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class};
use crate::domain::record::Record;
use crate::domain::record::event::Event;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::upkeep::Swept;

/// How many records one commit removes. A request takes two deletes.
const PAGE: usize = 45;

impl Gatepost {
    /// Removes one page of what deleted accounts left behind.
    pub(in crate::domain) async fn sweep_remains(&self) -> Result<Swept, Error> {
        let first = self.store.scan(&Span::remains(), 1).await?.pop();
        let Some((remains, reading)) = first else { return Ok(Swept::All) };
        // Only the addresses are in the record. If it cannot be read, emails to them are removed after a week.
        let addresses = match reading.map(|found| found.record) {
            Ok(Record::DeletedAccount(deleted)) => deleted.addresses,
            _ => Vec::new(),
        };
        let Some(account) = remains.remains_of() else { return Ok(Swept::All) };
        let mut change = Change::of(Class::Shrink);
        let keys = self.remaining_records(account).await?;
        self.take_from_events(&keys, &mut change).await?;
        for key in keys {
            // A key under the account may point to another record, which is removed too.
            if let Some(record) = key.asked_record() {
                change.delete(record);
            }
            change.delete(key);
        }
        if change.writes.is_empty() {
            self.sweep_ended_to(&addresses, &mut change).await?;
        }
        if change.writes.is_empty() {
            change.delete(remains);
        }
        self.store.commit(change).await?;
        Ok(Swept::More)
    }

    /// Takes the account, and the client's address and device, from the events that these keys have copies of.
    async fn take_from_events(&self, keys: &[Key], change: &mut Change) -> Result<(), Error> {
        let events = keys.iter().filter_map(Key::copied_event).collect();
        // One that cannot be read stays as it is.
        for found in self.list_these::<Event>(events).await? {
            // It may just be removed because it is old.
            change.expect(found.key.clone(), Some(found.version));
            change.put(found.key, Record::Event(found.value.of_no_one()));
        }
        Ok(())
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
