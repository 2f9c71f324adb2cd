//! Which runs have ended, as one run can tell without comparing clocks.
//!
//! Every run writes its record again and again. A run has ended if its record did not change while the run that
//! watches wrote four heartbeats in a row that were acknowledged, after it last saw that record change. A heartbeat
//! that fails starts the count again: during an outage no record changes. A run without a record has ended, too,
//! because every run writes its record before it does anything else.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::record::ids::RunId;

/// How many heartbeats in a row without a change mean that a run has ended.
const BEATS: u32 = 4;

/// What one run has seen of the others. `V` is the version of a record.
#[derive(Clone, Debug)]
pub struct Watch<V> {
    own: RunId,
    /// Nothing before the first look.
    seen: Option<BTreeMap<RunId, Seen<V>>>,
}

/// A run that has ended, with the version that its record must still have, or nothing if it must still be absent, for
/// a change that takes what the run left. Should the run not have ended after all, its next heartbeat and that change
/// exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended<V>(pub Option<V>);

#[derive(Clone, Copy, Debug)]
struct Seen<V> {
    /// Nothing for a record that cannot be read.
    version: Option<V>,
    /// How many heartbeats of our own were acknowledged since it was seen to change, or since one failed.
    beats: u32,
    /// Since when the run is known to have ended.
    ended_at: Option<Duration>,
}

impl<V: Copy + PartialEq> Watch<V> {
    /// Begins to watch on behalf of a run.
    #[must_use]
    pub fn new(own: RunId) -> Self {
        Self { own, seen: None }
    }

    /// Takes in the versions of all records there are, with nothing for one that cannot be read: whoever wrote that
    /// is never taken to have ended. `now` is by the clock that nothing sets.
    pub fn look(&mut self, records: impl IntoIterator<Item = (RunId, Option<V>)>, now: Duration) {
        let before = self.seen.take().unwrap_or_default();
        let look = |(run, version): (RunId, Option<V>)| {
            let same = before.get(&run).filter(|seen| version.is_some() && seen.version == version);
            let mut seen = same.copied().unwrap_or(Seen { version, beats: 0, ended_at: None });
            if seen.beats >= BEATS {
                seen.ended_at = seen.ended_at.or(Some(now));
            }
            (run, seen)
        };
        self.seen = Some(records.into_iter().map(look).collect());
    }

    /// A heartbeat of our own was acknowledged.
    pub fn acknowledged(&mut self) {
        for seen in self.seen.iter_mut().flat_map(BTreeMap::values_mut) {
            seen.beats += 1;
        }
    }

    /// A heartbeat of our own failed, or it is not known what came of it.
    pub fn failed(&mut self) {
        for seen in self.seen.iter_mut().flat_map(BTreeMap::values_mut) {
            (seen.beats, seen.ended_at) = (0, None);
        }
    }

    /// Whether a run has ended.
    #[must_use]
    pub fn ended(&self, run: RunId) -> Option<Ended<V>> {
        if run == self.own {
            return None;
        }
        match self.seen.as_ref()?.get(&run) {
            None => Some(Ended(None)),
            Some(seen) => seen.version.filter(|_| seen.ended_at.is_some()).map(|it| Ended(Some(it))),
        }
    }

    /// The runs with a record that are known to have ended for at least as long as this.
    #[must_use]
    pub fn ended_for(&self, long: Duration, now: Duration) -> Vec<(RunId, V)> {
        let seen = self.seen.iter().flatten();
        let ended = seen.filter(|(_, seen)| seen.ended_at.is_some_and(|at| now.saturating_sub(at) >= long));
        ended.filter_map(|(run, seen)| Some((*run, seen.version?))).collect()
    }
}
