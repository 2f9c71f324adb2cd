//! Sums, by what is counted together.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Bucket, Counter, Day, Week};
use crate::domain::record::time::Timestamp;

/// How long sums are kept: the longest chart shows a year, and a year before it can be compared.
const KEPT: Duration = Duration::from_hours(2 * 366 * 24);

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sum {
    /// Within a day.
    OfDay(Day, Counter),
    /// Of those who registered in a week.
    OfWeek(Week, Bucket),
}

impl Sum {
    /// When its record is removed.
    #[must_use]
    pub fn kept_until(self) -> Timestamp {
        let day = match self {
            Self::OfDay(day, _) => day,
            Self::OfWeek(week, _) => week.last_day(),
        };
        day.ends().plus(KEPT)
    }

    /// Both together. One of them is not added up: it is a time, and the latest counts.
    #[must_use]
    pub fn with(self, before: u64, more: u64) -> u64 {
        match self {
            Self::OfWeek(_, Bucket::LastRegistered) => before.max(more),
            _ => before.saturating_add(more),
        }
    }
}

/// Some sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<Sum, u64>);

impl Sums {
    /// Adds to one of them.
    pub fn add(&mut self, sum: Sum, more: u64) {
        let before = self.0.entry(sum).or_default();
        *before = sum.with(*before, more);
    }

    /// Adds all of these.
    pub fn add_all(&mut self, more: impl IntoIterator<Item = (Sum, u64)>) {
        for (sum, more) in more {
            self.add(sum, more);
        }
    }

    /// How many sums there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One of them, or zero.
    #[must_use]
    pub fn get(&self, sum: Sum) -> u64 {
        self.0.get(&sum).copied().unwrap_or_default()
    }

    /// Those of these days, in order.
    pub fn between(&self, first: Day, last: Day) -> impl Iterator<Item = (Sum, u64)> {
        let begins = |day| Sum::OfDay(day, Counter::Registered);
        let range = self.0.range(begins(first)..begins(last.plus(1).max(first)));
        range.map(|(sum, value)| (*sum, *value))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Sum, u64)> {
        self.0.iter().map(|(sum, value)| (*sum, *value))
    }
}
