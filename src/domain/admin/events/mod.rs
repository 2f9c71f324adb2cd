//! What has happened, newest first: events, and refusals that were counted. A count is where it began.
//!
//! There is an index by account, and none by name or client address. So a page looks through a bounded number of events
//! and says how far back it has looked.
//!
//! - `backwards`: reading the newest first where records are in the order of time

mod backwards;

use std::collections::BTreeMap;
use std::net::IpAddr;

use self::backwards::{Happened, Place};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::read::Found;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::{Doer, network};
use crate::domain::record::event::{Event, EventName, Means};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::refusals::Refusals;
use crate::domain::record::time::Timestamp;

/// How many events a page shows.
const ROWS: usize = 50;
/// How many events a page looks through.
const MOST: usize = 2_000;

/// Which events someone wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Those with this name on the wire.
    pub name: Option<String>,
    /// Those of this account.
    pub account: Option<AccountId>,
    /// Those from this client: an IPv6 address stands for its /64.
    pub ip: Option<IpAddr>,
    /// Those of this time or earlier.
    pub until: Option<Timestamp>,
    /// Where the page before ended, as it said.
    pub after: Option<String>,
}

/// An account, as an event names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The account.
    pub id: AccountId,
    /// Its address, if it exists and can be read.
    pub address: Option<EmailAddress>,
}

/// Something that happened, as an administrator sees it.
#[derive(Clone, Debug)]
pub struct SeenEvent {
    /// When it happened, for the last time if it was counted.
    pub at: Timestamp,
    /// What happened.
    pub name: EventName,
    /// The account it happened to, if there is one.
    pub account: Option<Named>,
    /// The address and device of the client, if they are known.
    pub client: Option<(IpAddr, String)>,
    /// What it was done with.
    pub means: Option<Means>,
    /// How often it happened.
    pub count: u64,
    /// When it happened first, if it was counted.
    pub first_at: Option<Timestamp>,
    /// Who did it.
    pub by: Doer,
    /// The account of who did it, if it was one.
    pub by_account: Option<Named>,
}

/// A page of them.
#[derive(Clone, Debug)]
pub struct EventPage {
    /// Its events.
    pub events: Vec<SeenEvent>,
    /// Where the next page goes on. Nothing on the last one.
    pub next: Option<String>,
    /// How far back was looked, if there is more.
    pub looked_back_to: Option<Timestamp>,
}

impl Gatepost {
    /// A page of events.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `UnknownPlace`; `Store`.
    pub async fn events(&self, token: &str, query: &EventQuery) -> Result<EventPage, Error> {
        self.expect_admin(token).await?;
        self.event_page(query).await
    }

    /// The same, for who may see it.
    pub(super) async fn event_page(&self, query: &EventQuery) -> Result<EventPage, Error> {
        let mut place = match &query.after {
            Some(after) => Place::After(self.event_place(after)?),
            None => Place::Until(query.until.unwrap_or(Timestamp(u64::MAX))),
        };
        if let Some(id) = query.account {
            // What is left of a deleted account's history is not shown.
            let found: Found<Account> = self.find(Key::account(id)).await?;
            if found.value.is_none() {
                return Ok(EventPage { events: Vec::new(), next: None, looked_back_to: None });
            }
        }
        let (mut rows, mut looked_at, mut last) = (Vec::new(), 0, None);
        loop {
            let (batch, before) = match query.account {
                Some(id) => self.happened_to(id, &place).await?,
                None => self.happened_before(&place).await?,
            };
            let (keys, found): (Vec<Key>, Vec<Happened>) = batch.into_iter().unzip();
            let shown = self.seen(query, found).await?;
            for (key, event) in keys.into_iter().zip(shown) {
                let is_full = event.is_some() && rows.len() == ROWS;
                if is_full || looked_at == MOST {
                    return Ok(self.page_of(rows, last));
                }
                rows.extend(event);
                looked_at += 1;
                last = Some(key);
            }
            match before {
                Some(before) => place = before,
                None => return Ok(EventPage { events: rows, next: None, looked_back_to: None }),
            }
        }
    }

    fn page_of(&self, events: Vec<SeenEvent>, last: Option<Key>) -> EventPage {
        EventPage {
            events,
            next: last.as_ref().map(|key| self.ring.seal_place(key)),
            looked_back_to: last.and_then(|key| key.happened_at()),
        }
    }

    /// The place that a page has named.
    fn event_place(&self, after: &str) -> Result<Key, Error> {
        self.ring.open_place(after).filter(|key| key.happened_at().is_some()).ok_or(Error::UnknownPlace)
    }

    /// Those of these that are wanted, with nothing in the place of the others.
    async fn seen(&self, query: &EventQuery, found: Vec<Happened>) -> Result<Vec<Option<SeenEvent>>, Error> {
        let wanted: Vec<Option<SeenEvent>> = found
            .into_iter()
            .map(|it| Some(SeenEvent::from(it)).filter(|event| is_wanted(query, event)))
            .collect();
        let named = wanted.iter().flatten().flat_map(|event| [&event.account, &event.by_account]);
        let mut ids: Vec<AccountId> = named.flatten().map(|named| named.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let keys = ids.iter().copied().map(Key::account).collect();
        let accounts = self.find_readable::<Account>(keys).await?;
        let accounts: BTreeMap<AccountId, Option<Found<Account>>> = ids.into_iter().zip(accounts).collect();
        let address = |id: AccountId| Some(accounts.get(&id)?.as_ref()?.value.as_ref()?.address.clone());
        let is_deleted =
            |id: AccountId| matches!(accounts.get(&id), Some(Some(found)) if found.value.is_none());
        let named = wanted.into_iter().map(|event| {
            let mut event = event?;
            if event.account.as_ref().is_some_and(|named| is_deleted(named.id)) {
                // As it is once the sweeper has been there.
                (event.account, event.client) = (None, None);
                if event.by == Doer::Person {
                    event.by_account = None;
                }
                return Some(event).filter(|event| is_wanted(query, event));
            }
            for named in [&mut event.account, &mut event.by_account].into_iter().flatten() {
                named.address = address(named.id);
            }
            Some(event)
        });
        Ok(named.collect())
    }
}

fn is_wanted(query: &EventQuery, event: &SeenEvent) -> bool {
    let is_of_name = query.name.as_deref().is_none_or(|name| event.name.as_str() == name);
    let is_of_account =
        query.account.is_none_or(|id| event.account.as_ref().is_some_and(|named| named.id == id));
    let is_of_client =
        query.ip.is_none_or(|ip| event.client.as_ref().is_some_and(|it| network(it.0) == network(ip)));
    is_of_name && is_of_account && is_of_client
}

fn named(id: AccountId) -> Named {
    Named { id, address: None }
}

impl From<Happened> for SeenEvent {
    fn from(happened: Happened) -> Self {
        match happened {
            Happened::Once(event) => event.into(),
            Happened::Counted(refusals) => refusals.into(),
        }
    }
}

impl From<Event> for SeenEvent {
    fn from(event: Event) -> Self {
        let Event { at, name, account, by, means, ip, device, .. } = event;
        let by_account = match by {
            Doer::Person => account,
            Doer::Admin(id) => Some(id),
            Doer::Operator | Doer::Server => None,
        };
        // What the server or a command does has no client, and what is left of a deleted account's has none any more.
        let has_client = matches!(by, Doer::Person | Doer::Admin(_)) && !device.is_empty();
        Self {
            at,
            name,
            account: account.map(named),
            client: has_client.then_some((ip, device)),
            means,
            count: 1,
            first_at: None,
            by,
            by_account: by_account.map(named),
        }
    }
}

impl From<Refusals> for SeenEvent {
    fn from(refusals: Refusals) -> Self {
        let Refusals { name, account, first, last, count, last_client } = refusals;
        Self {
            at: last,
            name,
            account: account.map(named),
            client: last_client,
            means: name.usual_means(),
            count,
            first_at: Some(first),
            by: Doer::Person,
            // A stranger may have tried.
            by_account: None,
        }
    }
}
