//! What time it can be, when the wall clock jumps.
//!
//! A wall clock can be wrong for a while: after a virtual machine resumes, before a time server was
//! reached, or because someone set it. The monotonic clock cannot be set, but does not know the date. A new
//! difference between the two is believed once it has lasted an hour. Until then the time is uncertain, and
//! nothing may be lost by it: only what is over by the *earliest* time is removed or given to someone else.

use std::time::Duration;

use super::time::Timestamp;

/// How long the wall clock must have jumped before it is believed.
const BELIEVED_AFTER: Duration = Duration::from_hours(1);
/// How far the two clocks may be apart without being told of.
const JUMP: Duration = Duration::from_mins(1);

/// The times it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// No earlier than this.
    pub earliest: Timestamp,
    /// No later than this.
    pub latest: Timestamp,
}

impl Bounds {
    /// Whether the clock has not jumped within the last hour.
    #[must_use]
    pub fn agree(self) -> bool {
        self.latest.since(self.earliest) <= JUMP
    }
}

/// What both clocks have said in the last hour.
#[derive(Clone, Debug)]
pub struct Reckoning {
    /// Of wall time minus monotonic time.
    least: Edge,
    /// The same, with the opposite sign.
    most: Edge,
}

/// The lowest of some values. It rises only when all values have been above it for an hour.
#[derive(Clone, Debug)]
struct Edge {
    value: i64,
    /// Since when all values have been above it, and the lowest of those.
    above: Option<(Duration, i64)>,
}

impl Reckoning {
    /// Begins by believing the wall clock.
    #[must_use]
    pub fn new(monotonic: Duration, wall: Timestamp) -> Self {
        let difference = difference(monotonic, wall);
        let edge = |value| Edge { value, above: None };
        Self { least: edge(difference), most: edge(-difference) }
    }

    /// Begins by not believing it: nothing at all is certain to be over until an hour has passed.
    #[must_use]
    pub fn doubting(monotonic: Duration, wall: Timestamp) -> Self {
        let above = Some((monotonic, difference(monotonic, wall)));
        Self { least: Edge { value: i64::MIN, above }, ..Self::new(monotonic, wall) }
    }

    /// What time it can be, after one more reading of both clocks.
    pub fn observe(&mut self, monotonic: Duration, wall: Timestamp) -> Bounds {
        let difference = difference(monotonic, wall);
        self.least.observe(difference, monotonic);
        self.most.observe(-difference, monotonic);
        self.bounds(monotonic)
    }

    /// What time it can be, without another reading of the wall clock.
    #[must_use]
    pub fn bounds(&self, monotonic: Duration) -> Bounds {
        let at = |difference| Timestamp(millis(monotonic).saturating_add(difference).try_into().unwrap_or(0));
        Bounds { earliest: at(self.least.value), latest: at(-self.most.value) }
    }
}

impl Edge {
    fn observe(&mut self, value: i64, at: Duration) {
        if value <= self.value {
            *self = Self { value, above: None };
            return;
        }
        let (since, lowest) = self.above.unwrap_or((at, value));
        let lowest = lowest.min(value);
        *self = if at.saturating_sub(since) >= BELIEVED_AFTER {
            Self { value: lowest, above: (value > lowest).then_some((at, value)) }
        } else {
            Self { above: Some((since, lowest)), ..*self }
        };
    }
}

fn difference(monotonic: Duration, wall: Timestamp) -> i64 {
    i64::try_from(wall.0).unwrap_or(i64::MAX).saturating_sub(millis(monotonic))
}

fn millis(duration: Duration) -> i64 {
    duration.as_millis().try_into().unwrap_or(i64::MAX)
}
