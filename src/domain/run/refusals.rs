//! Refusals of this run, counted in memory. `upkeep` writes the counts, so that no response waits for it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::AccountId;
use crate::domain::record::refusals::Refusals;
use crate::domain::record::time::Timestamp;

/// The most accounts, names and hours that are counted separately. Beyond that, refusals count as those of
/// no account, so that no one can fill the memory and none is lost.
const MAX_COUNTS: usize = 10_000;

/// What is counted together: an account, a name and an hour.
type Kind = (Option<AccountId>, EventName, u64);

/// The counts of this run. Each stays here until it is written and its hour is over, so that writing it again
/// replaces the record with a later one of the same.
#[derive(Default)]
pub(in crate::domain) struct Tally(Mutex<HashMap<Kind, Counted>>);

struct Counted {
    refusals: Refusals,
    is_written: bool,
}

impl Tally {
    /// Counts an event.
    pub(in crate::domain) fn count(&self, event: &Event) {
        self.add(Refusals::of(event));
    }

    /// Everything that was counted since it was last written.
    pub(in crate::domain) fn unwritten(&self) -> Vec<Refusals> {
        self.counts().values().filter(|it| !it.is_written).map(|it| it.refusals.clone()).collect()
    }

    /// What is counted for an account and not written yet. What is written may have been removed since.
    pub(in crate::domain) fn of(&self, account: AccountId) -> Vec<Refusals> {
        let counts = self.counts();
        let its = counts.values().filter(|it| !it.is_written && it.refusals.account == Some(account));
        its.map(|it| it.refusals.clone()).collect()
    }

    /// Notes that counts are on disk as they are here. Forgets those of earlier hours.
    pub(in crate::domain) fn written(&self, written: &[&Refusals], now: Timestamp) {
        let mut counts = self.counts();
        for refusals in written {
            if let Entry::Occupied(mut counted) = counts.entry(kind(refusals)) {
                counted.get_mut().is_written = counted.get().refusals == **refusals;
            }
        }
        counts.retain(|_, it| !it.is_written || it.refusals.first.hour() >= now.hour());
    }

    /// The account of these refusals is gone, so they count as those of none.
    pub(in crate::domain) fn disown(&self, refusals: &Refusals) {
        let removed = self.counts().remove(&kind(refusals));
        if let Some(counted) = removed {
            self.add(counted.refusals.of_no_account());
        }
    }

    fn add(&self, refusals: Refusals) {
        let mut counts = self.counts();
        let is_full = counts.len() >= MAX_COUNTS && !counts.contains_key(&kind(&refusals));
        let refusals = if is_full { refusals.of_no_account() } else { refusals };
        match counts.entry(kind(&refusals)) {
            Entry::Occupied(mut counted) => {
                let counted = counted.get_mut();
                counted.refusals.add(refusals);
                counted.is_written = false;
            }
            Entry::Vacant(place) => drop(place.insert(Counted { refusals, is_written: false })),
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Kind, Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kind(refusals: &Refusals) -> Kind {
    (refusals.account, refusals.name, refusals.first.hour())
}
