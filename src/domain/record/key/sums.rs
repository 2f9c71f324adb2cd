//! The keys of sums: `C/` by day, `W/` by week, `B/cursor` how far events are counted.

use super::{Key, Span};
use crate::domain::record::sums::{Bucket, Counter, Day, EventPlace, Sum, Week};
use crate::domain::record::time::Timestamp;

impl Key {
    /// A sum.
    #[must_use]
    pub fn sum(sum: Sum) -> Self {
        match sum {
            Sum::OfDay(day, counter) => {
                Self::joined(b"C/", &[&day.0.to_be_bytes(), b"/", counter.name().as_bytes()])
            }
            Sum::OfWeek(week, bucket) => {
                Self::joined(b"W/", &[&week.0.to_be_bytes(), b"/", bucket.name().as_bytes()])
            }
        }
    }

    /// What is summed up under this key, or nothing for another kind of key, or a sum of a newer version.
    #[must_use]
    pub fn summed(&self) -> Option<Sum> {
        let (number, name) = self.0.get(2..)?.split_first_chunk::<4>()?;
        let (number, name) = (u32::from_be_bytes(*number), name.strip_prefix(b"/")?);
        if self.0.starts_with(b"C/") {
            let counter = Counter::all().find(|counter| counter.name().as_bytes() == name)?;
            return Some(Sum::OfDay(Day(number), counter));
        }
        let bucket = Bucket::ALL.into_iter().find(|bucket| bucket.name().as_bytes() == name)?;
        self.0.starts_with(b"W/").then_some(Sum::OfWeek(Week(number), bucket))
    }

    /// How far events are counted.
    #[must_use]
    pub fn cursor() -> Self {
        Self::joined(b"B/cursor", &[])
    }

    /// The place of the event under this key, or nothing for another kind of key.
    #[must_use]
    pub fn event_place(&self) -> Option<EventPlace> {
        let (at, tail) = self.0.strip_prefix(b"v/")?.split_first_chunk::<8>()?;
        Some(EventPlace { at: Timestamp(u64::from_be_bytes(*at)), tail: tail.try_into().ok()? })
    }
}

impl Span {
    /// The sums of these days.
    #[must_use]
    pub fn sums_of_days(first: Day, last: Day) -> Self {
        Self::numbered(b"C/", first.0, last.0)
    }

    /// The sums of these weeks.
    #[must_use]
    pub fn sums_of_weeks(first: Week, last: Week) -> Self {
        Self::numbered(b"W/", first.0, last.0)
    }

    fn numbered(prefix: &[u8], first: u32, last: u32) -> Self {
        let from = Key::joined(prefix, &[&first.to_be_bytes()]);
        Self { from, until: Self::prefix(&Key::joined(prefix, &[&last.to_be_bytes()])).until }
    }

    /// The events after this one up to `until`, or all of them up to then. Empty if it is later.
    #[must_use]
    pub fn events_after(after: Option<EventPlace>, until: Timestamp) -> Self {
        let all = Self::events_until(until);
        let Some(after) = after else { return all };
        let rest = all.after(&Key::event(after.at, after.tail));
        if rest.from < rest.until { rest } else { Self { until: rest.from.clone(), ..rest } }
    }

    /// The marks of refusals that began from the hour `from` on, and before the hour `until`.
    #[must_use]
    pub fn counted_in_hours(from: u64, until: u64) -> Self {
        let key = |hour| Key::joined(b"y/", &[&Timestamp::of_hour(hour).0.to_be_bytes()]);
        Self { from: key(from), until: key(until.max(from)) }
    }
}
