//! What stands in the store of a house.

use gatepost::domain::account::Account;
use gatepost::domain::event::EventName;
use gatepost::domain::key::{Key, Span};
use gatepost::domain::ports::{Change, Committed, Record, Versioned};

use super::app::App;

/// How many records of each kind stand in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Records {
    pub(crate) accounts: usize,
    pub(crate) requests: usize,
    pub(crate) sessions: usize,
    pub(crate) others: usize,
    pub(crate) events: usize,
}

impl App {
    pub(crate) async fn accounts(&self) -> usize {
        self.records().await.accounts
    }

    /// Counts what stands in the store.
    pub(crate) async fn records(&self) -> Records {
        let mut records = Records::default();
        for (_, found) in self.all_records().await {
            match found.record {
                Record::Account(_) => records.accounts += 1,
                Record::Request(_) => records.requests += 1,
                Record::Session(_) => records.sessions += 1,
                Record::Event(_) => records.events += 1,
                _ => records.others += 1,
            }
        }
        records
    }

    /// What has happened, the oldest first.
    pub(crate) async fn events(&self) -> Vec<EventName> {
        let events = self.all_records().await.into_iter().filter_map(|(_, found)| match found.record {
            Record::Event(event) => Some(event.name),
            _ => None,
        });
        events.collect()
    }

    /// The account of an address.
    pub(crate) async fn account(&self, email: &str) -> Account {
        let is_it = |found| match found {
            Record::Account(account) => Some(account).filter(|account| account.address.as_str() == email),
            _ => None,
        };
        let all = self.all_records().await.into_iter();
        all.map(|(_, found)| found.record).find_map(is_it).unwrap()
    }

    /// Shuts an account, as its operator does.
    pub(crate) async fn disable(&self, email: &str) {
        let account = Account { disabled: true, ..self.account(email).await };
        let mut change = Change::new();
        change.put(Key::account(account.id), Record::Account(account));
        assert_eq!(self.store.commit(change).await, Ok(Committed::Yes));
    }

    async fn all_records(&self) -> Vec<(Key, Versioned)> {
        let all = Span { from: Key::from_bytes(vec![]), until: Key::from_bytes(vec![0xff]) };
        self.store.scan(&all, 100_000).await.unwrap()
    }
}

impl Records {
    /// Everything but events, which stay.
    pub(crate) fn without_events(self) -> usize {
        self.accounts + self.requests + self.sessions + self.others
    }
}
