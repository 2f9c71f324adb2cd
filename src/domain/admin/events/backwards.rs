//! Reading what has happened, newest first. A store is read in the order of its keys, and events are kept in the order of
//! time. So they are read in pieces of time, each before the one that was read last and as long as fits.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Reading;
use crate::domain::read::Listed;
use crate::domain::record::event::Event;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::refusals::Refusals;
use crate::domain::record::time::Timestamp;

/// How many records of one kind are read at once.
const STEP: usize = 500;
/// How long the first piece of time is.
const FIRST_PIECE: Duration = Duration::from_hours(1);
/// How far ahead of the clock is looked: it may have been set back.
const AHEAD: Duration = Duration::from_hours(24);

/// Something that happened.
pub(super) enum Happened {
    Once(Event),
    Counted(Refusals),
}

/// Where to go on.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// With what happened at this time or earlier.
    Until(Timestamp),
    /// With what comes after this key of an event, or of the mark of counted refusals.
    After(Key),
}

/// What happened, each with its key, and where to go on, if there is more.
pub(super) type Batch = (Vec<(Key, Happened)>, Option<Place>);

impl Place {
    /// The latest time of what comes from here on.
    fn time(&self) -> Timestamp {
        match self {
            Self::Until(at) => *at,
            Self::After(key) => key.happened_at().unwrap_or_default(),
        }
    }

    /// Whether what is under this key comes from here on: the later before the earlier, and of the same millisecond in
    /// the order of the keys.
    fn is_before(&self, key: &Key) -> bool {
        match self {
            Self::Until(_) => true,
            Self::After(last) => order(last) < order(key),
        }
    }
}

/// Compares as what happened is listed.
fn order(key: &Key) -> (std::cmp::Reverse<Timestamp>, &Key) {
    (std::cmp::Reverse(key.happened_at().unwrap_or_default()), key)
}

impl Gatepost {
    /// What happened to anyone: a piece of time with at least one event, or the rest.
    pub(super) async fn happened_before(&self, place: &Place) -> Result<Batch, Error> {
        let until = place.time().min(self.world.now().plus(AHEAD));
        let mut length = FIRST_PIECE;
        let mut end = until;
        loop {
            let from = end.minus(length);
            let (events, marks) = (Span::events_between(from, end), Span::counted_between(from, end));
            let (events, marks) =
                tokio::join!(self.list::<Event>(&events, STEP), self.store.scan(&marks, STEP));
            let (mut events, mut marks) = (events?, marks?);
            if events.len() == STEP || marks.len() == STEP {
                if from < end {
                    length /= 2;
                    continue;
                }
                // More than fit in one millisecond.
                events = self.all_events(&Span::events_between(from, end)).await?;
                marks = self.all_marks(&Span::counted_between(from, end)).await?;
            }
            let counted = marks.into_iter().filter_map(|(mark, _)| Some((mark.expired()?, mark)));
            let mut found = self.with_counts(counted.collect()).await?;
            found.extend(events.into_iter().map(|it| (it.key, Happened::Once(it.value))));
            found.retain(|(key, _)| place.is_before(key));
            if from.0 == 0 {
                found.sort_by(|one, other| order(&one.0).cmp(&order(&other.0)));
                return Ok((found, None));
            }
            end = Timestamp(from.0 - 1);
            if !found.is_empty() {
                found.sort_by(|one, other| order(&one.0).cmp(&order(&other.0)));
                return Ok((found, Some(Place::Until(end))));
            }
            // The longer nothing happened, the longer the next piece.
            length = length.saturating_mul(4).max(FIRST_PIECE);
        }
    }

    async fn all_events(&self, span: &Span) -> Result<Vec<Listed<Event>>, Error> {
        let (mut rest, mut all) = (span.clone(), Vec::new());
        loop {
            let page = self.list::<Event>(&rest, STEP).await?;
            let is_last = page.len() < STEP;
            if let Some(last) = page.last() {
                rest = rest.after(&last.key);
            }
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    async fn all_marks(&self, span: &Span) -> Result<Vec<(Key, Reading)>, Error> {
        let (mut rest, mut all) = (span.clone(), Vec::new());
        loop {
            let page = self.store.scan(&rest, STEP).await?;
            let is_last = page.len() < STEP;
            if let Some((last, _)) = page.last() {
                rest = rest.after(last);
            }
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// The counts under these keys, each with its mark.
    async fn with_counts(&self, marks: Vec<(Key, Key)>) -> Result<Vec<(Key, Happened)>, Error> {
        let (keys, marks): (Vec<Key>, Vec<Key>) = marks.into_iter().unzip();
        let counts = self.find_readable::<Refusals>(keys).await?;
        let found = marks.into_iter().zip(counts);
        Ok(found.filter_map(|(mark, found)| Some((mark, Happened::Counted(found?.value?)))).collect())
    }

    /// What happened to one account. Both kinds are kept newest first under it.
    pub(super) async fn happened_to(&self, account: AccountId, place: &Place) -> Result<Batch, Error> {
        let until = place.time();
        let mut step = STEP;
        loop {
            let (found, end) = self.history_of(account, until, step).await?;
            // More than fit in one millisecond.
            if end == Some(until) {
                step *= 2;
                continue;
            }
            let is_whole = |key: &Key| end.is_none_or(|end| key.happened_at().is_some_and(|at| at > end));
            let mut found: Vec<(Key, Happened)> =
                found.into_iter().filter(|(key, _)| place.is_before(key) && is_whole(key)).collect();
            found.sort_by(|one, other| order(&one.0).cmp(&order(&other.0)));
            return Ok((found, end.map(Place::Until)));
        }
    }

    /// The first of each kind, and the time from which on some may be missing.
    async fn history_of(
        &self,
        account: AccountId,
        until: Timestamp,
        step: usize,
    ) -> Result<(Vec<(Key, Happened)>, Option<Timestamp>), Error> {
        let (history, refusals) = (Span::history_until(account, until), Span::refusals_until(account, until));
        let (events, counts) =
            tokio::join!(self.list::<Event>(&history, step), self.list::<Refusals>(&refusals, step));
        let (events, counts) = (events?, counts?);
        let ends = [
            events.last().filter(|_| events.len() == step).map(|it| it.value.at),
            counts.last().filter(|_| counts.len() == step).map(|it| it.value.first),
        ];
        let end = ends.into_iter().flatten().max();
        let mut counted: BTreeMap<Key, Refusals> = counts.into_iter().map(|it| (it.key, it.value)).collect();
        // Those that are not written yet are more up to date.
        let unwritten = self.refusals.of(account).into_iter().filter(|it| it.first <= until);
        counted.extend(unwritten.map(|it| (Key::refusals(&it, self.run), it)));
        let once =
            events.into_iter().filter_map(|it| Some((it.key.copied_event()?, Happened::Once(it.value))));
        let counted =
            counted.into_iter().map(|(key, it)| (Key::counted(it.first, &key), Happened::Counted(it)));
        Ok((once.chain(counted).collect(), end))
    }
}
