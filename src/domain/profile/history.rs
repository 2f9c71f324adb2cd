//! The history of an account, for its owner: what happened, and how often something was refused.
//!
//! Refusals are counted and stand apart. Strangers cause them, and must not be able to push out of sight
//! what happened.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::record::client::Doer;
use crate::domain::record::event::{Event, EventName, Means};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::refusals::Refusals;
use crate::domain::record::time::Timestamp;
use crate::domain::session::Live;

/// How many recent events the account page shows.
const SHOWN_EVENTS: usize = 10;
/// How long the account page shows refusals.
const SHOWN_REFUSALS: Duration = Duration::from_hours(7 * 24);
/// How many counts of refusals the account page adds up: more than seven days of one run have.
const MOST_COUNTS: usize = 600;

/// One line of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it happened, for the last time if it was counted.
    pub at: Timestamp,
    /// What happened.
    pub name: EventName,
    /// Who did it.
    pub by: Doer,
    /// What they did it with.
    pub means: Option<Means>,
    /// The address and device of the client, if it was a person's.
    pub client: Option<(IpAddr, String)>,
    /// How often it happened.
    pub count: u64,
    /// When it happened first, if it was counted.
    pub first_at: Option<Timestamp>,
}

impl From<Event> for Entry {
    fn from(event: Event) -> Self {
        let Event { at, name, by, means, ip, device, .. } = event;
        let client = (by == Doer::Person).then_some((ip, device));
        Self { at, name, by, means, client, count: 1, first_at: None }
    }
}

impl From<Refusals> for Entry {
    fn from(refusals: Refusals) -> Self {
        let Refusals { name, first, last, count, last_client: client, .. } = refusals;
        let (means, first_at) = (name.usual_means(), Some(first));
        Self { at: last, name, by: Doer::Person, means, client, count, first_at }
    }
}

impl Gatepost {
    /// The latest events of an account, and one line for each kind of refusal in the last seven days. Newest
    /// first.
    ///
    /// # Errors
    /// `Store`.
    pub async fn recent_history(&self, live: &Live) -> Result<Vec<Entry>, Error> {
        let account = live.account.id;
        let mut counted = self.unwritten_refusals(account);
        let since = self.world.now().minus(SHOWN_REFUSALS);
        let span = Span::refusals_since(account, since);
        let (stored, _) = self.refusals_page(&span, MOST_COUNTS, &counted).await?;
        counted.extend(stored);
        let mut kinds: HashMap<EventName, Refusals> = HashMap::new();
        // The oldest first, so that the first of each kind has the earliest time.
        for refusals in counted.into_values().rev() {
            match kinds.get_mut(&refusals.name) {
                Some(kind) => kind.add(refusals),
                None => _ = kinds.insert(refusals.name, refusals),
            }
        }
        let (events, _) = self.events_page(&Span::history(account), SHOWN_EVENTS).await?;
        let mut entries: Vec<Entry> = events.into_iter().map(Entry::from).collect();
        entries.extend(kinds.into_values().map(Entry::from));
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        Ok(entries)
    }

    /// The first `limit` events in a range, and the key of the last one.
    pub(super) async fn events_page(
        &self,
        span: &Span,
        limit: usize,
    ) -> Result<(Vec<Event>, Option<Key>), Error> {
        let page = self.list::<Event>(span, limit).await?;
        let last = page.last().map(|listed| listed.key.clone());
        Ok((page.into_iter().map(|listed| listed.value).collect(), last))
    }

    /// The refusals of an account that this run has not written yet. Read before those in the store, so
    /// that none is missed while it is written.
    pub(super) fn unwritten_refusals(&self, account: AccountId) -> BTreeMap<Key, Refusals> {
        let counted = self.refusals.of(account).into_iter();
        counted.map(|refusals| (Key::refusals(&refusals, self.run), refusals)).collect()
    }

    /// The first `limit` counts in a range, without those that are `unwritten` and so more up to date, and the
    /// key of the last one.
    pub(super) async fn refusals_page(
        &self,
        span: &Span,
        limit: usize,
        unwritten: &BTreeMap<Key, Refusals>,
    ) -> Result<(Vec<(Key, Refusals)>, Option<Key>), Error> {
        let page = self.list::<Refusals>(span, limit).await?;
        let last = page.last().map(|listed| listed.key.clone());
        let stored = page.into_iter().filter(|listed| !unwritten.contains_key(&listed.key));
        Ok((stored.map(|listed| (listed.key, listed.value)).collect(), last))
    }
}
