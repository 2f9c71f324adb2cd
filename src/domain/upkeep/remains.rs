//! Removing what a deleted account left behind: its sessions, its history, the requests it made, the sign-ins
//! on new devices, and what is kept about emails to its addresses. Its events stay in the order of time, as those of no
//! one, and so do the counts of refusals, so that what happened can still be counted.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class, Versioned};
use crate::domain::record::Record;
use crate::domain::record::app_key::AppKey;
use crate::domain::record::event::Event;
use crate::domain::record::ids::{AccountId, RunId};
use crate::domain::record::key::{Key, Span};
use crate::domain::record::sums::Cursor;
use crate::domain::upkeep::Swept;

/// How many records one commit removes. A request takes two deletes.
const PAGE: usize = 45;
/// How many counts of refusals. Each takes three writes.
const REFUSALS_PAGE: usize = 30;

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
        self.take_from_refusals(account, &mut change).await?;
        let has_refusals = !change.writes.is_empty();
        let keys = if has_refusals { Vec::new() } else { self.remaining_records(account).await? };
        self.take_from_events(&keys, &mut change).await?;
        self.take_places(account, &keys, &mut change).await?;
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

    /// Takes the account, and the client's address and device, from some counts of refusals. How far they are counted is
    /// written again with them: whoever counts at this moment would find them twice, or not at all.
    async fn take_from_refusals(&self, account: AccountId, change: &mut Change) -> Result<(), Error> {
        let page = self.store.scan(&Span::refusals(account), REFUSALS_PAGE).await?;
        if page.is_empty() {
            return Ok(());
        }
        if let Some(counted) = self.find_if_readable::<Cursor>(Key::cursor()).await? {
            counted.expected_by(change);
            if let Some(cursor) = counted.value {
                // In its own place.
                change.put(counted.key, Record::Cursor(cursor));
            }
        }
        for (key, reading) in page {
            if let Ok(Versioned { record: Record::Refusals(refusals), version }) = reading {
                let of_no_one = refusals.of_no_account();
                // As if another run had counted them, so that none of those that no account was ever known for is replaced.
                let others = Key::refusals(&of_no_one, RunId(self.world.random()));
                change.expect(key.clone(), Some(version));
                // In the place of the one that is deleted here, and removed when events of that time are.
                change.put(Key::counted(of_no_one.first, &others), Record::Expiry);
                change.put(others, Record::Refusals(of_no_one));
            }
            change.delete(key);
        }
        Ok(())
    }

    /// Removes where to look for those of these records that are keys for programs.
    async fn take_places(&self, account: AccountId, keys: &[Key], change: &mut Change) -> Result<(), Error> {
        let span = Span::app_keys(account);
        let own = keys.iter().filter(|key| span.holds(key)).cloned().collect();
        for found in self.list_these::<AppKey>(own).await? {
            change.delete(Key::app_key_of(found.value.nonce));
        }
        Ok(())
    }

    /// Some of the records under an account; none if all are removed.
    async fn remaining_records(&self, account: AccountId) -> Result<Vec<Key>, Error> {
        let history = Span::history(account);
        for span in [Span::sessions(account), history, Span::asked(account), Span::app_keys(account)] {
            let page = self.store.scan(&span, PAGE).await?;
            if !page.is_empty() {
                return Ok(page.into_iter().map(|(key, _)| key).collect());
            }
        }
        Ok(Vec::new())
    }
}
