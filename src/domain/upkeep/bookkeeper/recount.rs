//! Counting again from the events and refusals that are kept, to verify the sums.
//!
//! 1. The sums are read, with how far they go. Whoever counts meanwhile writes that too, so it shows whether all of them
//!    are of one moment.
//! 2. Events up to there are counted again, and the refusals of the hours before.
//! 3. The days whose events are all kept are compared. Those of which the sweeper has removed some are not.

use std::collections::BTreeSet;

use crate::domain::ports::{Store, StoreError, Version};
use crate::domain::record::Record;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::sums::{Cursor, Day, EventPlace, Sum, Sums};
use crate::domain::record::time::Timestamp;

/// How many records are read in one step.
const PAGE: usize = 500;
/// How often the sums are read until they are of one moment.
const ATTEMPTS: usize = 20;

/// A recount, step by step, while the store may be in use.
#[derive(Default)]
pub(in crate::domain::upkeep) struct Recount {
    begun: Option<Begun>,
}

struct Begun {
    cursor: Cursor,
    sums: Sums,
    counted: Sums,
    /// The events that have not been counted again.
    events: Option<Span>,
    /// The same of marks of refusals.
    marks: Option<Span>,
    /// The first event that was still there.
    oldest: Option<EventPlace>,
}

impl Recount {
    /// Counts the next records. Returns which sums differ, each in a sentence, once it has counted all.
    ///
    /// # Errors
    /// `Store`.
    pub(in crate::domain::upkeep) async fn step(
        &mut self,
        store: &dyn Store,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let Some(begun) = &mut self.begun else {
            return match read_sums(store).await? {
                Some((cursor, sums)) => {
                    self.begun = Some(Begun::new(cursor, sums));
                    Ok(None)
                }
                None => Ok(Some(Vec::new())),
            };
        };
        if let Some(rest) = begun.events.take() {
            begun.count_events(store, rest).await?;
            return Ok(None);
        }
        if let Some(rest) = begun.marks.take() {
            begun.count_refusals(store, rest).await?;
            return Ok(None);
        }
        let oldest_now = store.scan(&Span::events(Timestamp::default()), 1).await?.pop();
        Ok(Some(begun.differences(oldest_now.and_then(|(key, _)| key.event_place()))))
    }
}

impl Begun {
    fn new(cursor: Cursor, sums: Sums) -> Self {
        let events = cursor.last.map(|last| Span::events_after(None, last.at));
        let marks = Some(Span::counted_in_hours(0, cursor.hour));
        Self { cursor, sums, counted: Sums::default(), events, marks, oldest: None }
    }

    async fn count_events(&mut self, store: &dyn Store, rest: Span) -> Result<(), StoreError> {
        let page = store.scan(&rest, PAGE).await?;
        if let Some((last, _)) = page.last().filter(|_| page.len() == PAGE) {
            self.events = Some(rest.after(last));
        }
        for (key, reading) in page {
            let place = key.event_place();
            self.oldest = self.oldest.or(place);
            if place > self.cursor.last {
                self.events = None;
                break;
            }
            // One that cannot be read was not counted either.
            if let Ok(Record::Event(event)) = reading.map(|found| found.record) {
                self.counted.count(&event);
            }
        }
        Ok(())
    }

    async fn count_refusals(&mut self, store: &dyn Store, rest: Span) -> Result<(), StoreError> {
        let page = store.scan(&rest, PAGE).await?;
        if let Some((last, _)) = page.last().filter(|_| page.len() == PAGE) {
            self.marks = Some(rest.after(last));
        }
        for key in page.iter().filter_map(|(mark, _)| mark.expired()) {
            let found = match store.get(&[key]).await {
                Err(StoreError::Unreadable(_)) => None,
                found => found?.pop().flatten(),
            };
            if let Some(Record::Refusals(refusals)) = found.map(|found| found.record) {
                self.counted.count_refusals(&refusals);
            }
        }
        Ok(())
    }

    /// The sums of complete days that differ. `oldest_now` is the oldest event after counting: the sweeper may have
    /// removed others meanwhile.
    fn differences(&self, oldest_now: Option<EventPlace>) -> Vec<String> {
        // Where the very first event is still there, nothing was ever removed.
        let is_whole = self.oldest == self.cursor.first && oldest_now == self.cursor.first;
        let Some(oldest) = oldest_now.or(self.cursor.last) else { return Vec::new() };
        // An event is kept under its own time or a little later, so two days are needed to be sure.
        let partly_from = Day::of(oldest.at).plus(2);
        let from = if is_whole { Day::default() } else { partly_from };
        let is_complete = |sum: &Sum| match sum {
            // Of refusals, those from before the first event may have been removed.
            Sum::OfDay(day, counter) if counter.is_of_refusals() => *day >= partly_from,
            Sum::OfDay(day, _) => *day >= from,
            Sum::OfWeek(week, _) => week.first_day() >= from,
        };
        let all = self.sums.iter().chain(self.counted.iter()).map(|(sum, _)| sum);
        let all: BTreeSet<Sum> = all.filter(is_complete).collect();
        let differ = all.into_iter().filter(|sum| self.sums.get(*sum) != self.counted.get(*sum));
        differ.map(|sum| self.sentence(sum)).collect()
    }

    fn sentence(&self, sum: Sum) -> String {
        let (is, again) = (self.sums.get(sum), self.counted.get(sum));
        let (of, name) = match sum {
            Sum::OfDay(day, counter) => (day.to_string(), counter.name()),
            Sum::OfWeek(week, bucket) => (week.to_string(), bucket.name().to_owned()),
        };
        format!("{of}, {name}: the sum for the charts is {is}, and counted again it is {again}")
    }
}

/// How far events are counted, and the sums of that moment. Nothing if nothing was counted, or by a newer version, or if
/// they never hold still.
async fn read_sums(store: &dyn Store) -> Result<Option<(Cursor, Sums)>, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some((cursor, version)) = read_cursor(store).await? else { return Ok(None) };
        let sums = read_all_sums(store).await?;
        if read_cursor(store).await?.is_some_and(|(_, again)| again == version) {
            return Ok(Some((cursor, sums)).filter(|_| cursor.version <= Cursor::VERSION));
        }
        tokio::task::yield_now().await;
    }
    Ok(None)
}

async fn read_cursor(store: &dyn Store) -> Result<Option<(Cursor, Version)>, StoreError> {
    let found = match store.get(&[Key::cursor()]).await {
        Err(StoreError::Unreadable(_)) => None,
        found => found?.pop().flatten(),
    };
    Ok(found.and_then(|found| match found.record {
        Record::Cursor(cursor) => Some((cursor, found.version)),
        _ => None,
    }))
}

async fn read_all_sums(store: &dyn Store) -> Result<Sums, StoreError> {
    let last = Day(u32::MAX);
    let days = Span::sums_of_days(Day::default(), last);
    let weeks = Span::sums_of_weeks(Day::default().week(), last.week());
    let mut sums = Sums::default();
    for mut rest in [days, weeks] {
        loop {
            let page = store.scan(&rest, PAGE).await?;
            for (key, reading) in &page {
                if let (Some(sum), Ok(found)) = (key.summed(), reading)
                    && let Record::Sum(value) = found.record
                {
                    sums.add(sum, value);
                }
            }
            match page.last() {
                Some((last, _)) if page.len() == PAGE => rest = rest.after(last),
                _ => break,
            }
        }
    }
    Ok(sums)
}
