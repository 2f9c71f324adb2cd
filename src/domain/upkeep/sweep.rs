//! Removing expired records in small commits: requests, unconfirmed registrations, sessions, undos,
//! reservations of addresses, counts of refusals, and what deleted accounts left behind.

use crate::domain::upkeep::swept::Swept;
use std::collections::BTreeSet;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;

/// How many marks one commit handles. Each needs two deletes and perhaps a new mark.
const PAGE: usize = 30;

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
        // Several marks can be about one record: each registration of an address has its own.
        let keys: BTreeSet<Key> = marks.iter().filter_map(|(mark, _)| mark.expired()).collect();
        let keys: Vec<Key> = keys.into_iter().collect();
        let targets = self.store.get(&keys).await?;
        let mut change = Change::new();
        for (key, found) in keys.into_iter().zip(targets) {
            let Some(found) = found else { continue };
            // A session that has been used again, or is being used right now, stays.
            change.expect(key.clone(), Some(found.version));
            match self.end_of(&found.record) {
                End::At(later) if later > now => change.put(Key::expiry(later, &key), Record::Expiry),
                End::At(_) => {
                    if let Record::Request(Request { requester: Some(requester), .. }) = &found.record {
                        change.delete(Key::asked(requester.id, &key));
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

    /// When a marked record really expires. The mark may be out of date.
    fn end_of(&self, record: &Record) -> End {
        match record {
            Record::Request(request) => End::At(request.kept_until()),
            Record::Pending(pending) => End::At(pending.over_at()),
            Record::Session(session) => End::At(self.session_end(session)),
            Record::Refusals(refusals) => End::At(refusals.kept_until()),
            Record::Owner(owner) => owner.over_at().map_or(End::Never, End::At),
            _ => End::At(Timestamp::default()),
        }
    }

    /// Waits until the next sweep is due.
    pub async fn rest_between_sweeps(&self) {
        let now = self.world.now();
        self.world.clock.sleep_until(now.plus(std::time::Duration::from_secs(10))).await;
    }
}
