//! How far events and refusals are counted.

use super::Day;
use crate::domain::record::event::Event;
use crate::domain::record::time::Timestamp;

/// Where an event is among all events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct EventPlace {
    /// The time under which it is kept.
    pub at: Timestamp,
    /// What distinguishes it from others of that time.
    pub tail: [u8; 8],
}

/// How far events and refusals are counted. Whoever counts on expects this record, and writes it together with the
/// sums, so nothing is counted twice or left out.
///
/// There is one per store, never removed. A store of an earlier version has none: it begins with the events it still has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cursor {
    /// The version of the counters. A program that knows only earlier ones counts nothing.
    pub version: u8,
    /// The first event that was ever counted.
    pub first: Option<EventPlace>,
    /// The last one.
    pub last: Option<EventPlace>,
    /// The day of the first one.
    pub first_day: Option<Day>,
    /// Refusals of the hours before this one are counted.
    pub hour: u64,
}

impl Cursor {
    /// The version of the counters as they are here.
    pub const VERSION: u8 = 1;

    /// The same after another event.
    #[must_use]
    pub fn past(self, place: EventPlace, event: &Event) -> Self {
        let day = Day::of(event.at);
        let first_day = self.first_day.map_or(day, |first| first.min(day));
        Self { first: self.first.or(Some(place)), last: Some(place), first_day: Some(first_day), ..self }
    }

    /// No event may be kept under an earlier time any more, and no refusal: they would never be counted.
    #[must_use]
    pub fn earliest_next(self) -> Timestamp {
        let after_last =
            self.last.map_or(Timestamp::default(), |last| Timestamp(last.at.0.saturating_add(1)));
        after_last.max(Timestamp::of_hour(self.hour))
    }
}

impl Default for Cursor {
    fn default() -> Self {
        Self { version: Self::VERSION, first: None, last: None, first_day: None, hour: 0 }
    }
}
