//! Refusals that change nothing: counted, because strangers can cause any number of them.

use std::net::IpAddr;
use std::time::Duration;

use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::AccountId;
use crate::domain::record::time::Timestamp;

/// Refusals of one kind, of one account or of none, within one hour.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refusals {
    /// What was refused.
    pub name: EventName,
    /// The account, if there is one.
    pub account: Option<AccountId>,
    /// When the first one was.
    pub first: Timestamp,
    /// When the last one was.
    pub last: Timestamp,
    /// How many there were.
    pub count: u64,
    /// The address and device of the client of the last one. Only for the owner of an account: where there
    /// is none, they would be kept for no one.
    pub last_client: Option<(IpAddr, String)>,
}

impl Refusals {
    /// The first one.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        let Event { at, name, account, ip, .. } = *event;
        let last_client = account.map(|_| (ip, event.device.clone()));
        Self { name, account, first: at, last: at, count: 1, last_client }
    }

    /// The same without the account.
    #[must_use]
    pub fn of_no_account(self) -> Self {
        Self { account: None, last_client: None, ..self }
    }

    /// Adds others of the same kind. `first` stays, because it is part of the key.
    pub fn add(&mut self, others: Self) {
        if others.last >= self.last {
            self.last_client = others.last_client;
        }
        self.last = self.last.max(others.last);
        self.count = self.count.saturating_add(others.count);
    }

    /// When the record can be removed, if events are kept for this long. The same for every version of it.
    #[must_use]
    pub fn kept_until(&self, keep: Duration) -> Timestamp {
        self.first.plus(keep)
    }
}
