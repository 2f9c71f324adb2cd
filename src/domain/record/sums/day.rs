//! Days and weeks, in UTC. Weeks begin on Monday (ISO 8601).

use std::fmt;

use crate::domain::record::time::Timestamp;

const MS_A_DAY: u64 = 24 * 60 * 60 * 1000;
/// 1 January 1970 was a Thursday, three days after the Monday of its week.
const DAYS_BEFORE: u32 = 3;
const DAYS_A_WEEK: u32 = 7;

/// A day, by its number since 1970.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Day(pub u32);

/// A week, by its number since the one that 1 January 1970 was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week(pub u32);

impl Day {
    /// The day of a moment.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self((at.0 / MS_A_DAY).try_into().unwrap_or(u32::MAX))
    }

    /// Its first moment.
    #[must_use]
    pub fn begins(self) -> Timestamp {
        Timestamp(u64::from(self.0) * MS_A_DAY)
    }

    /// The first moment after it.
    #[must_use]
    pub fn ends(self) -> Timestamp {
        Timestamp((u64::from(self.0) + 1) * MS_A_DAY)
    }

    /// The week it is in.
    #[must_use]
    pub fn week(self) -> Week {
        Week(self.0.saturating_add(DAYS_BEFORE) / DAYS_A_WEEK)
    }

    /// So many days earlier.
    #[must_use]
    pub fn minus(self, days: u32) -> Self {
        Self(self.0.saturating_sub(days))
    }

    /// So many days later.
    #[must_use]
    pub fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

/// As a date: `2026-01-05`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.begins().to_string().get(..10).unwrap_or_default())
    }
}

impl Week {
    /// Its Monday. The week that 1970 began in counts from its Thursday.
    #[must_use]
    pub fn first_day(self) -> Day {
        Day((self.0.saturating_mul(DAYS_A_WEEK)).saturating_sub(DAYS_BEFORE))
    }

    /// Its Sunday.
    #[must_use]
    pub fn last_day(self) -> Day {
        Day(self.0.saturating_mul(DAYS_A_WEEK).saturating_add(DAYS_A_WEEK - 1 - DAYS_BEFORE))
    }

    /// The next one.
    #[must_use]
    pub fn following(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// As ISO 8601 writes it: `2026-W02`.
impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let monday = jiff::Timestamp::from(self.first_day().begins());
        f.write_str(&monday.strftime("%G-W%V").to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{Day, Timestamp};

    #[test]
    fn days_and_weeks_have_the_names_of_iso_8601() {
        for (at, day, week, monday) in [
            (1_767_225_600_000, "2026-01-01", "2026-W01", "2025-12-29"),
            (1_767_571_199_999, "2026-01-04", "2026-W01", "2025-12-29"),
            (1_767_571_200_000, "2026-01-05", "2026-W02", "2026-01-05"),
            (1_798_761_600_000, "2027-01-01", "2026-W53", "2026-12-28"),
            (0, "1970-01-01", "1970-W01", "1970-01-01"),
        ] {
            let of = Day::of(Timestamp(at));
            assert_eq!(of.to_string(), day);
            assert_eq!(of.week().to_string(), week);
            assert_eq!(of.week().first_day().to_string(), monday);
            assert_eq!(of.week().last_day().plus(1), of.week().following().first_day());
            assert_eq!(of.week().last_day().week(), of.week());
        }
    }
}
