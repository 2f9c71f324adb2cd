//! The figures of the charts, from sums alone.

use std::time::Duration;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::read::Listed;
use crate::domain::record::event::Event;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::sums::{Bucket, Counter, Cursor, Day, MailTime, Sum, Sums, Week};
use crate::domain::record::time::Timestamp;

/// How many sums are read at once.
const PAGE: usize = 1_000;
/// How many days of a week there are.
const DAYS_A_WEEK: u32 = 7;

/// How much time the charts show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// Seven days.
    Week,
    /// Thirty days.
    #[default]
    Month,
    /// Ninety days.
    Quarter,
    /// 365 days, as weeks.
    Year,
}

impl Period {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// How many days it has, the last of which is today.
    #[must_use]
    pub fn days(self) -> u32 {
        match self {
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
            Self::Year => 365,
        }
    }

    /// Whether it is shown by the week.
    #[must_use]
    pub fn is_by_week(self) -> bool {
        self == Self::Year
    }
}

/// Everything that the charts show.
#[derive(Clone, Debug)]
pub struct Charts {
    /// How much time they show.
    pub period: Period,
    /// Events before this time are counted.
    pub counted_until: Timestamp,
    /// Refusals before this time are counted, an hour at a time.
    pub refusals_until: Timestamp,
    /// How many accounts were added or imported in that time, which the charts leave out.
    pub imported: u64,
    /// The first day or week of the charts, whether or not anything had happened by then.
    pub from: Day,
    /// Their last day.
    pub last: Day,
    /// The days, or weeks, since the first event that was counted.
    pub rows: Vec<Row>,
    /// Those who registered, by week.
    pub cohorts: Vec<Cohort>,
}

/// What happened within a day or a week.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its first day.
    pub first: Day,
    /// Its last day, which is the same for a day.
    pub last: Day,
    sums: Sums,
}

/// What became of those who registered in a week. The five counts add up to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// The week.
    pub week: Week,
    /// Confirmed within one minute.
    pub within_1m: u64,
    /// Of the others, within five minutes.
    pub within_5m: u64,
    /// Of the others, within an hour.
    pub within_1h: u64,
    /// Of the others, within a day.
    pub within_24h: u64,
    /// Not confirmed.
    pub never: u64,
    /// Whether some of those may still confirm.
    pub unfinished: bool,
}

impl Row {
    /// How often something happened.
    #[must_use]
    pub fn count(&self, counter: Counter) -> u64 {
        let days = self.first.0..=self.last.0;
        days.map(|day| self.sums.get(Sum::OfDay(Day(day), counter))).sum()
    }

    /// Whether it is not over at `until`.
    #[must_use]
    pub fn is_unfinished(&self, until: Timestamp) -> bool {
        until < self.last.ends()
    }

    /// The time within which this share of the emails was sent, in percent: an upper bound.
    #[must_use]
    pub fn sent_within(&self, percent: u64) -> SentWithin {
        sent_within(std::slice::from_ref(self), percent)
    }
}

/// The time within which some of the emails were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentWithin {
    /// None was sent.
    None,
    /// This, or less.
    AtMost(Duration),
    /// Longer than the longest time that has a count of its own.
    Longer,
}

/// The same for all of these days or weeks together.
#[must_use]
pub fn sent_within(rows: &[Row], percent: u64) -> SentWithin {
    let of = |time| rows.iter().map(|row| row.count(Counter::SentWithin(time))).sum::<u64>();
    let all: u64 = MailTime::all().map(of).sum();
    let mut so_far = 0;
    for time in MailTime::all() {
        so_far += of(time);
        if so_far > 0 && so_far * 100 >= all * percent {
            return time.bound().map_or(SentWithin::Longer, SentWithin::AtMost);
        }
    }
    SentWithin::None
}

impl Cohort {
    /// How many registered.
    #[must_use]
    pub fn registered(&self) -> u64 {
        self.confirmed() + self.never
    }

    /// How many of them confirmed.
    #[must_use]
    pub fn confirmed(&self) -> u64 {
        self.within_1m + self.within_5m + self.within_1h + self.within_24h
    }

    fn of(week: Week, sums: &Sums, counted_until: Timestamp) -> Self {
        let of = |bucket| sums.get(Sum::OfWeek(week, bucket));
        let last = Timestamp(of(Bucket::LastRegistered));
        // "Not yet" is not "never".
        let unfinished = counted_until < last.plus(Duration::from_hours(24));
        let mut cohort = Self {
            week,
            within_1m: of(Bucket::Within1m),
            within_5m: of(Bucket::Within5m),
            within_1h: of(Bucket::Within1h),
            within_24h: of(Bucket::Within24h),
            never: 0,
            unfinished,
        };
        cohort.never = of(Bucket::Registered).saturating_sub(cohort.confirmed());
        cohort
    }
}

impl Gatepost {
    /// What the charts show for a period. Reads sums only, and writes nothing.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `Store`.
    pub async fn charts(&self, token: &str, period: Period) -> Result<Charts, Error> {
        self.expect_admin(token).await?;
        let cursor = self.find_if_readable::<Cursor>(Key::cursor()).await?;
        let cursor = cursor.and_then(|found| found.value).unwrap_or_default();
        let today = Day::of(self.world.now());
        let begins = today.minus(period.days() - 1);
        let (weeks, last_week) = (begins.week(), today.week());
        let from = if period.is_by_week() { weeks.first_day() } else { begins };
        let last = if period.is_by_week() { last_week.last_day() } else { today };
        let counted_until = self.counted_until(&cursor).await?;
        let sums = self.sums_in(Span::sums_of_days(from, last)).await?;
        let of_weeks = self.sums_in(Span::sums_of_weeks(weeks, last_week)).await?;
        let first_day = cursor.first_day.filter(|first| *first <= last);
        let rows = match first_day {
            Some(first_day) => rows(period, from.max(first_day), last, &sums),
            None => Vec::new(),
        };
        let cohorts = match first_day {
            Some(first_day) => cohorts(weeks.max(first_day.week()), last_week, &of_weeks, counted_until),
            None => Vec::new(),
        };
        let imported = rows.iter().map(|row| row.count(Counter::Imported)).sum();
        let refusals_until = Timestamp::of_hour(cursor.hour);
        Ok(Charts { period, counted_until, refusals_until, imported, from, last, rows, cohorts })
    }

    /// The time before which all events are counted: that of the first one that is not, or else a while ago.
    async fn counted_until(&self, cursor: &Cursor) -> Result<Timestamp, Error> {
        let settled = self.events_settled_at();
        let rest = Span::events_after(cursor.last, settled);
        let next: Option<Listed<Event>> = self.list(&rest, 1).await?.pop();
        let last = cursor.last.map_or(settled, |last| last.at.max(settled));
        Ok(next.and_then(|listed| listed.key.event_place()).map_or(last, |place| place.at))
    }

    async fn sums_in(&self, mut rest: Span) -> Result<Sums, Error> {
        let mut sums = Sums::default();
        loop {
            let page = self.list::<u64>(&rest, PAGE).await?;
            let last = page.last().filter(|_| page.len() == PAGE).map(|listed| listed.key.clone());
            for listed in page {
                if let Some(sum) = listed.key.summed() {
                    sums.add(sum, listed.value);
                }
            }
            let Some(last) = last else { return Ok(sums) };
            rest = rest.after(&last);
        }
    }
}

/// A row for each day, or week, from one day to another.
fn rows(period: Period, from: Day, last: Day, sums: &Sums) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut next = if period.is_by_week() { from.week().first_day() } else { from };
    while next <= last {
        let end = if period.is_by_week() { next.plus(DAYS_A_WEEK - 1) } else { next };
        let mut own = Sums::default();
        own.add_all(sums.between(next, end));
        rows.push(Row { first: next, last: end, sums: own });
        next = end.plus(1);
    }
    rows
}

fn cohorts(from: Week, last: Week, sums: &Sums, counted_until: Timestamp) -> Vec<Cohort> {
    let weeks = (from.0..=last.0).map(Week);
    weeks.map(|week| Cohort::of(week, sums, counted_until)).collect()
}
