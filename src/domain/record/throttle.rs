//! What was done lately of something that is limited: at one address, or with one account.

use std::time::Duration;

use crate::domain::record::ids::{KnownId, Nonce};
use crate::domain::record::limits::Allowance;
use crate::domain::record::time::Timestamp;

/// The most emails that are remembered although they no longer count.
const MOST_LIFTED: usize = 100;

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

impl Counted {
    /// Whether it no longer counts, because an administrator lifted the limits.
    fn is_lifted(&self) -> bool {
        self.by == Some(KnownId::LIFTED)
    }
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
        let counts = |one: &&Counted| {
            one.at.is_within(within, now) && !one.is_lifted() && (by.is_none() || one.by == by)
        };
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

    /// Whether anything in it counts, or did until it was over.
    #[must_use]
    pub fn has_counted(&self) -> bool {
        self.counted.iter().any(|one| !one.is_lifted())
    }

    /// The same with nothing that counts; nothing if that is all there was. Emails stay in it: it remembers which links
    /// may still be open, and signing out everywhere has to find them.
    #[must_use]
    pub fn lifted(mut self) -> Option<Self> {
        self.counted.retain(|one| one.request.is_some());
        let surplus = self.counted.len().saturating_sub(MOST_LIFTED);
        self.counted.drain(..surplus);
        for one in &mut self.counted {
            one.by = Some(KnownId::LIFTED);
        }
        Some(self).filter(|it| !it.counted.is_empty())
    }

    /// The same with nothing but a mark that the limits were lifted at `now`, for what counts in memory as well: each run
    /// that reads it forgets what it has counted before.
    #[must_use]
    pub fn lifted_at_once(now: Timestamp, allowances: &[Allowance]) -> Self {
        let mut throttle = Self::default();
        throttle.count(Counted { at: now, by: Some(KnownId::LIFTED), request: None }, allowances);
        throttle
    }

    /// When the limits were lifted, if it has that mark.
    #[must_use]
    pub fn lifted_at(&self) -> Option<Timestamp> {
        let marks = self.counted.iter().filter(|one| one.is_lifted() && one.request.is_none());
        marks.map(|one| one.at).max()
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
