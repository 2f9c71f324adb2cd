//! What was done lately of something that is limited: at one address, or with one account.

use std::time::Duration;

use crate::domain::record::ids::{KnownId, Nonce};
use crate::domain::record::limits::Allowance;
use crate::domain::record::time::Timestamp;

/// The times of what counts for a limit, the newest last. Refused attempts do not count, so a record never has
/// more entries than the limit allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Throttle {
    counted: Vec<Counted>,
    /// When nothing in it counts any more.
    over_at: Timestamp,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counted {
    /// When it was done.
    pub at: Timestamp,
    /// The known browser that did it.
    pub by: Option<KnownId>,
    /// The request, if it is an email.
    pub request: Option<Nonce>,
}

impl Throttle {
    /// How long to wait until one more is allowed to `by`: to this known browser, or to strangers. Zero if it is
    /// allowed now.
    #[must_use]
    pub fn wait(&self, allowances: &[Allowance], by: Option<KnownId>, now: Timestamp) -> Duration {
        let all = by.map(|_| {
            allowances.iter().map(|allowance| self.wait_for(allowance.of_all_browsers(), None, now))
        });
        let own = allowances.iter().map(|allowance| self.wait_for(*allowance, by, now));
        own.chain(all.into_iter().flatten()).max().unwrap_or_default()
    }

    fn wait_for(&self, allowance: Allowance, by: Option<KnownId>, now: Timestamp) -> Duration {
        let Allowance { most, within } = allowance;
        // Times in the future do not count: a clock that was ahead for a moment must not lock anyone out.
        let counts = |one: &&Counted| one.at.is_within(within, now) && (by.is_none() || one.by == by);
        let times: Vec<Timestamp> = self.counted.iter().filter(counts).map(|one| one.at).collect();
        match times.len().checked_sub(most) {
            Some(surplus) => times[surplus].plus(within).since(now),
            None => Duration::ZERO,
        }
    }

    /// Counts one more, and forgets what is older than the longest time.
    pub fn count(&mut self, one: Counted, allowances: &[Allowance]) {
        let longest = allowances.iter().map(|allowance| allowance.within).max().unwrap_or_default();
        self.counted.retain(|earlier| earlier.at.is_within(longest, one.at));
        self.counted.push(one);
        self.over_at = one.at.plus(longest);
    }

    /// The requests of the emails in it.
    pub fn requests(&self) -> impl Iterator<Item = Nonce> {
        self.counted.iter().filter_map(|one| one.request)
    }

    /// When the record can be removed.
    #[must_use]
    pub fn over_at(&self) -> Timestamp {
        self.over_at
    }
}
