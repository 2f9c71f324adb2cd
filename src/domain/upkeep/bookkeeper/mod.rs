//! Counting events and refusals for the charts of administrators.
//!
//! 1. Every ten seconds some of the events after the last one that was counted are added up, and the sums are written
//!    together with how far that was. The change expects that no one has counted meanwhile, so each event counts exactly
//!    once, whoever is killed when, and two that count at once do no harm.
//! 2. An event is old enough after a minute (two, where several nodes share the store): by then none can appear before it
//!    any more (`run::event_clock`).
//! 3. Refusals are counted an hour at a time, once the hour has been over for as long. Those that are written later count
//!    in the hour in which they are.
//!
//! No account is read. With several nodes, one of them does this.
//!
//! - `recount`: counting again from what is kept, to verify the sums
//! - `sums`: reading sums, and removing old ones

mod recount;
mod sums;

use std::time::Duration;

pub(super) use self::recount::Recount;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Committed};
use crate::domain::read::{Found, Listed};
use crate::domain::record::Record;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::node::Errand;
use crate::domain::record::refusals::Refusals;
use crate::domain::record::sums::{Cursor, Sums};
use crate::domain::record::time::Timestamp;

/// How many events are counted in one commit at most.
const PAGE: usize = 1_000;
/// How many sums one commit changes at most, the last event with its few included.
const MAX_SUMS: usize = Change::MAX_WRITES - 10;
/// How many marks of refusals are read at once.
const MARKS: usize = 200;
/// The time between two rounds.
const PAUSE: Duration = Duration::from_secs(10);

/// Whether everything that is old enough is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booked {
    /// It is, or another node sees to it.
    All,
    /// There may be more.
    More,
}

impl Gatepost {
    /// Counts a page of events, and the refusals of the hours that are over.
    ///
    /// # Errors
    /// `Store`. The next round goes on.
    pub async fn keep_books(&self) -> Result<Booked, Error> {
        if !self.has_errand(Errand::Bookkeeping).await? {
            return Ok(Booked::All);
        }
        let settled = self.settle_events();
        let found: Found<Cursor> = self.find(Key::cursor()).await?;
        let cursor = found.value.unwrap_or_default();
        if cursor.version > Cursor::VERSION {
            // A newer version counts more than this one knows of.
            return Ok(Booked::All);
        }
        if let Some(booked) = self.count_events(&found, cursor, settled).await? {
            return Ok(booked);
        }
        self.count_hours(settled).await
    }

    /// Counts a page of events. Nothing if there was none to count.
    async fn count_events(
        &self,
        found: &Found<Cursor>,
        mut cursor: Cursor,
        settled: Timestamp,
    ) -> Result<Option<Booked>, Error> {
        let mut sums = Sums::default();
        let page = self.store.scan(&Span::events_after(cursor.last, settled), PAGE).await?;
        let before = cursor.last;
        for (key, reading) in page {
            let Some(place) = key.event_place() else { continue };
            if sums.len() > MAX_SUMS {
                break;
            }
            match reading {
                Ok(found) => {
                    if let Record::Event(event) = found.record {
                        sums.count(&event);
                        cursor = cursor.past(place, &event);
                    }
                }
                // It counts for nothing here or in a recount.
                Err(unreadable) => {
                    self.step_over(&unreadable);
                    cursor.last = Some(place);
                }
            }
        }
        if cursor.last == before {
            return Ok(None);
        }
        self.write_sums(found, cursor, &sums).await?;
        // Another round follows, for other events or for refusals; or for the same ones, if someone else has counted.
        Ok(Some(Booked::More))
    }

    /// Counts the refusals of the hours that were over at `settled`.
    async fn count_hours(&self, settled: Timestamp) -> Result<Booked, Error> {
        let over = settled.hour();
        let found: Found<Cursor> = self.find(Key::cursor()).await?;
        let cursor = found.value.unwrap_or_default();
        if over <= cursor.hour {
            return Ok(Booked::All);
        }
        // Those of this run are in memory for a while.
        self.write_refusals().await?;
        let (sums, hour) = self.refusals_of_hours(cursor.hour, over).await?;
        let is_written = self.write_sums(&found, Cursor { hour, ..cursor }, &sums).await? == Committed::Yes;
        Ok(if is_written && hour == over { Booked::All } else { Booked::More })
    }

    /// Adds up the refusals from one hour on, before another one, or as many hours as one commit holds. Returns how far
    /// that is.
    async fn refusals_of_hours(&self, from: u64, until: u64) -> Result<(Sums, u64), Error> {
        let (mut sums, mut rest) = (Sums::default(), Span::counted_in_hours(from, until));
        let mut current = from;
        loop {
            let page = self.store.scan(&rest, MARKS).await?;
            let keys = page.iter().filter_map(|(mark, _)| mark.expired()).collect();
            for Listed { value: refusals, .. } in self.list_these::<Refusals>(keys).await? {
                let hour = refusals.first.hour();
                if hour != current && sums.len() > MAX_SUMS {
                    return Ok((sums, hour));
                }
                current = hour;
                sums.count_refusals(&refusals);
            }
            match page.last() {
                Some((last, _)) if page.len() == MARKS => rest = rest.after(last),
                _ => return Ok((sums, until)),
            }
            // The store never waits, so without this no one else would be served.
            tokio::task::yield_now().await;
        }
    }

    /// Adds to the sums, and moves on how far they are, unless someone else has counted meanwhile.
    async fn write_sums(
        &self,
        found: &Found<Cursor>,
        cursor: Cursor,
        sums: &Sums,
    ) -> Result<Committed, Error> {
        let mut change = Change::new();
        // Whoever writes a sum expects and writes this one too, so the sums are not expected.
        found.expected_by(&mut change);
        let before = self.find_readable::<u64>(sums.iter().map(|(sum, _)| Key::sum(sum)).collect()).await?;
        for ((sum, more), before) in sums.iter().zip(before) {
            // One that cannot be read stays as it is, for a version that can.
            let Some(before) = before else { continue };
            // Fewer than thirty a day and six a week, removed after two years.
            change.put(before.key, Record::Sum(sum.with(before.value.unwrap_or_default(), more)));
        }
        change.put(Key::cursor(), Record::Cursor(cursor));
        Ok(self.store.commit(change).await?)
    }

    /// Waits until it is time to count again.
    pub async fn rest_between_counts(&self) {
        self.world.clock.sleep(PAUSE).await;
    }
}
