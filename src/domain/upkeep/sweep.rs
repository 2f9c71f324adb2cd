//! Removing expired records in small commits: requests, unconfirmed registrations, sessions, undos, sign-ins on
//! new devices, reservations of addresses, counts of refusals, throttles, old events, emails that ended long ago, and
//! what deleted accounts left behind.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class, StoreError, Unreadable, Versioned};
use crate::domain::record::Record;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::node::Errand;
use crate::domain::record::time::Timestamp;
use crate::domain::upkeep::Swept;

/// How many marks one commit handles. Each needs two deletes and perhaps a new mark.
const PAGE: usize = 30;
/// How many pages are removed at once.
const PAGES: usize = 8;
/// When a record that cannot be read is looked at again. A newer version may be running by then.
const UNREADABLE_PAUSE: Duration = Duration::from_hours(24);

/// When a record expires.
enum End {
    At(Timestamp),
    Never,
}

impl Gatepost {
    /// Removes one page of each kind of what is over. All kinds at once, so that none waits for the others to be
    /// done: strangers can cause expired records without end. Of the nodes that share a store, one at a time does
    /// this.
    ///
    /// # Errors
    /// `Store`.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        if !self.has_errand(Errand::Sweep).await? {
            return Ok(Swept::All);
        }
        self.retire_runs().await?;
        // Not by the time the clock says: a clock that is wrong for seconds would remove every session.
        let (now, keep) = (self.earliest_now(), self.settings().events_kept);
        let (expired, counts) = (Span::expired(now), Span::counted_until(now.minus(keep)));
        let (expired, counts, remains, events, ended) = tokio::join!(
            self.sweep_marked(&expired, now),
            self.sweep_marked(&counts, now),
            self.sweep_remains(),
            self.sweep_events(now, keep),
            self.sweep_ended(now),
        );
        Ok(expired?.and(counts?).and(remains?).and(events?).and(ended?))
    }

    /// Removes some pages of records whose marks are in a range. Their commits share a sync of the disk, so that
    /// records go as fast as others are made.
    async fn sweep_marked(&self, span: &Span, now: Timestamp) -> Result<Swept, Error> {
        let marks = self.store.scan(span, PAGE * PAGES).await?;
        let marks: Vec<Key> = marks.into_iter().map(|(mark, _)| mark).collect();
        let pages = join_all(marks.chunks(PAGE).map(|page| self.sweep_page(page, now))).await;
        pages.into_iter().try_fold(Swept::All, |swept, page| Ok(swept.and(page?)))
    }

    async fn sweep_page(&self, marks: &[Key], now: Timestamp) -> Result<Swept, Error> {
        // Several marks can be about one record: each registration of an address has its own. The key of a
        // mark says it all, so it does not matter whether the mark can be read.
        let keys: BTreeSet<Key> = marks.iter().filter_map(Key::expired).collect();
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
        for mark in marks {
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
            Record::Refusals(refusals) => End::At(refusals.kept_until(self.settings().events_kept)),
            Record::NewDevice(device) => End::At(device.over_at),
            Record::Throttle(throttle) => End::At(throttle.over_at()),
            Record::EndedRun(ended) => End::At(ended.over_at()),
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
