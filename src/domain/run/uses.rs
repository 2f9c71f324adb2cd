//! How often something was done within a time that slides, counted in bounded memory.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use crate::domain::record::ids::KnownId;
use crate::domain::record::limits::Allowance;

/// The most uses that are remembered at once; each takes some hundred bytes.
///
/// When there are more, the oldest use of all is forgotten, which is the one that would be the first to stop
/// counting anyway. An attacker gains nothing by filling the table: to have one use of theirs forgotten early,
/// they have to be let through this many times, each time within the limits of another client or address, which
/// is far more than the one attempt they win. What an address or an account is limited to is in the store as
/// well, where nothing is forgotten.
const MAX_USES: usize = 50_000;

/// What a use counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::domain) enum Counter {
    /// A client, by its network.
    Client(IpAddr),
    /// All strangers.
    Strangers,
    /// Everyone.
    Everyone,
    /// Strangers at an address, by its digest.
    StrangersAt([u8; 12]),
    /// One known browser at an address.
    BrowserAt([u8; 12], KnownId),
    /// All known browsers at an address.
    BrowsersAt([u8; 12]),
}

/// A counter, and what is allowed of it. Nothing if its limit is switched off.
pub(in crate::domain) type Counted = (Counter, Option<Allowance>);

/// The uses within one time. By the monotonic clock: nothing that happens to the wall clock gives attempts back
/// or locks anyone out.
pub(in crate::domain) struct Uses {
    within: Duration,
    all: VecDeque<Use>,
    of: HashMap<Counter, VecDeque<Duration>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Use {
    at: Duration,
    counters: Vec<Counter>,
}

impl Uses {
    pub(in crate::domain) fn new(within: Duration) -> Self {
        Self { within, all: VecDeque::new(), of: HashMap::new() }
    }

    /// How long to wait until one more is allowed, and what refuses it. Nothing if it is allowed now.
    pub(in crate::domain) fn wait(
        &mut self,
        counted: &[Counted],
        now: Duration,
    ) -> Option<(Counter, Duration)> {
        while self.all.front().is_some_and(|oldest| oldest.at + self.within <= now) {
            self.forget_oldest();
        }
        let waits = counted.iter().filter_map(|(counter, allowance)| {
            let times = self.of.get(counter)?;
            let surplus = times.len().checked_sub(allowance.as_ref()?.most)?;
            Some((*counter, (times[surplus] + self.within).saturating_sub(now)))
        });
        waits.max_by_key(|(_, wait)| *wait)
    }

    /// Counts one more.
    pub(in crate::domain) fn count(&mut self, counted: &[Counted], now: Duration) {
        let limited = counted.iter().filter(|(_, allowance)| allowance.is_some());
        let counters: Vec<Counter> = limited.map(|(counter, _)| *counter).collect();
        if counters.is_empty() {
            return;
        }
        while self.all.len() >= MAX_USES {
            self.forget_oldest();
        }
        for counter in &counters {
            self.of.entry(*counter).or_default().push_back(now);
        }
        self.all.push_back(Use { at: now, counters });
    }

    /// Takes back one that was counted and came to nothing.
    pub(in crate::domain) fn give_back(&mut self, counted: &[Counted], at: Duration) {
        let is_counted = |counter: &Counter| counted.iter().any(|(other, _)| other == counter);
        let is_it = |one: &Use| one.at == at && one.counters.iter().all(is_counted);
        // It is nearly always among the newest.
        if let Some(index) = self.all.iter().rposition(is_it)
            && let Some(one) = self.all.remove(index)
        {
            self.uncount(&one);
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.all.pop_front() {
            self.uncount(&oldest);
        }
    }

    fn uncount(&mut self, one: &Use) {
        for counter in &one.counters {
            if let Entry::Occupied(mut times) = self.of.entry(*counter) {
                if let Some(index) = times.get().iter().position(|at| *at == one.at) {
                    times.get_mut().remove(index);
                }
                if times.get().is_empty() {
                    times.remove();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    use super::{Allowance, Counter, MAX_USES, Uses};

    const HOUR: Duration = Duration::from_hours(1);

    fn client(number: u32) -> Counter {
        Counter::Client(IpAddr::V4(Ipv4Addr::from(number)))
    }

    #[test]
    fn a_full_table_forgets_the_oldest_use_first() {
        let allowed = Some(Allowance { most: 1, within: HOUR });
        let (first, second) = ([(client(0), allowed)], [(client(1), allowed)]);
        let mut uses = Uses::new(HOUR);
        let most = u32::try_from(MAX_USES).expect("not that many");
        for number in 0..most {
            uses.count(&[(client(number), allowed)], Duration::from_millis(number.into()));
        }
        let now = Duration::from_mins(2);
        assert!(uses.wait(&first, now).is_some() && uses.wait(&second, now).is_some());
        uses.count(&[(client(most), allowed)], now);
        assert!(uses.wait(&first, now).is_none() && uses.wait(&second, now).is_some());
        assert_eq!((uses.all.len(), uses.of.len()), (MAX_USES, MAX_USES));
    }

    #[test]
    fn what_is_over_takes_no_memory() {
        let allowed = Some(Allowance { most: 2, within: HOUR });
        let mut uses = Uses::new(HOUR);
        uses.count(&[(client(1), allowed), (Counter::Everyone, allowed)], Duration::ZERO);
        uses.count(&[(client(1), allowed), (Counter::Everyone, None)], Duration::from_secs(1));
        assert_eq!(
            uses.wait(&[(client(1), allowed)], Duration::from_secs(2)),
            Some((client(1), Duration::from_secs(3598)))
        );
        uses.give_back(&[(client(1), allowed)], Duration::from_secs(1));
        assert_eq!(uses.wait(&[(client(1), allowed)], Duration::from_secs(2)), None);
        assert_eq!(uses.wait(&[(client(1), allowed)], HOUR), None);
        assert!(uses.all.is_empty() && uses.of.is_empty());
    }
}
