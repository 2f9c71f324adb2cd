//! Removing expired records in small commits: requests, unconfirmed registrations, sessions, undos, sign-ins on
//! new devices, reservations of addresses, counts of refusals, throttles, and what deleted accounts left behind.

use crate::domain::upkeep::swept::Swept;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class, StoreError, Unreadable, Versioned};
use crate::domain::record::Record;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::time::Timestamp;

/// How many marks one commit handles. Each needs two deletes and perhaps a new mark.
const PAGE: usize = 30;
/// When a record that cannot be read is looked at again. A newer version may be running by then.
const UNREADABLE_PAUSE: Duration = Duration::from_hours(24);

/// When a record expires.
enum End {
    At(Timestamp),
    Never,
}

impl Gatepost {
    /// Removes one page of expired records.
    ///
    /// # Errors
    /// `Store`.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        // Not by the time the clock says: a clock that is wrong for seconds would remove every session.
        let now = self.earliest_now();
        let marks = self.store.scan(&Span::expired(now), PAGE).await?;
        if marks.is_empty() {
            return self.sweep_remains().await;
        }
        // Several marks can be about one record: each registration of an address has its own. The key of a
        // mark says it all, so it does not matter whether the mark can be read.
        let keys: BTreeSet<Key> = marks.iter().filter_map(|(mark, _)| mark.expired()).collect();
        let mut change = Change::of(Class::Shrink);
        for (key, reading) in self.each(keys).await? {
            let found = match reading {
                Ok(Some(found)) => found,
                Ok(None) => continue,
                Err(unreadable) => {
                    self.step_over(&unreadable);
                    // Replaces the mark that led here, so there is one per record. It moves out of the way
                    // of the others, and goes once its record can be read and removed.
                    change.put(Key::expiry(now.plus(UNREADABLE_PAUSE), &key), Record::Expiry);
                    continue;
                }
            };
            // A session that has been used again, or is being used right now, stays.
            change.expect(key.clone(), Some(found.version));
            match self.end_of(&found.record) {
                End::At(later) if later > now => change.put(Key::expiry(later, &key), Record::Expiry),
                End::At(_) => {
                    if let Some(account) = account_of(&found.record) {
                        change.delete(Key::asked(account, &key));
                    }
                    change.delete(key);
                }
                End::Never => {}
            }
        }
        for (mark, _) in &marks {
            change.delete(mark.clone());
        }
        self.store.commit(change).await?;
        Ok(Swept::More)
    }

    /// Some records, one by one if any of them cannot be read.
    async fn each(
        &self,
        keys: BTreeSet<Key>,
    ) -> Result<Vec<(Key, Result<Option<Versioned>, Unreadable>)>, Error> {
        let keys: Vec<Key> = keys.into_iter().collect();
        match self.store.get(&keys).await {
            Err(StoreError::Unreadable(_)) => {}
            found => return Ok(keys.into_iter().zip(found?.into_iter().map(Ok)).collect()),
        }
        let mut each = Vec::with_capacity(keys.len());
        for key in keys {
            let reading = match self.store.get(std::slice::from_ref(&key)).await {
                Err(StoreError::Unreadable(unreadable)) => Err(*unreadable),
                found => Ok(found?.pop().flatten()),
            };
            each.push((key, reading));
        }
        Ok(each)
    }

    /// When a marked record really expires. The mark may be out of date.
    fn end_of(&self, record: &Record) -> End {
        match record {
            Record::Request(request) => End::At(request.kept_until()),
            Record::Pending(pending) => End::At(pending.over_at()),
            Record::Session(session) => End::At(self.session_end(session)),
            Record::Refusals(refusals) => End::At(refusals.kept_until()),
            Record::NewDevice(device) => End::At(device.over_at),
            Record::Throttle(throttle) => End::At(throttle.over_at()),
            Record::Owner(owner) => owner.over_at().map_or(End::Never, End::At),
            _ => End::At(Timestamp::default()),
        }
    }

    /// Waits until the next sweep is due.
    pub async fn rest_between_sweeps(&self) {
        let now = self.world.now();
        self.world.clock.sleep_until(now.plus(Duration::from_secs(10))).await;
    }
}

/// The account under which a record is listed too.
fn account_of(record: &Record) -> Option<AccountId> {
    match record {
        Record::Request(request) => request.asked_for(),
        Record::NewDevice(device) => Some(device.account),
        _ => None,
    }
}
