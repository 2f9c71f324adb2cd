//! The records in a server's store.

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::operator::Role;
use gatepost::domain::ports::Change;
use gatepost::domain::ports::Committed;
use gatepost::domain::ports::Versioned;
use gatepost::domain::record::Record;
use gatepost::domain::record::account::Account;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::event::{Event, EventName};
use gatepost::domain::record::ids::{AccountId, KeyId};
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::record::owner::Owner;
use gatepost::domain::record::password::{Cost, PasswordHash, Recipe};
use gatepost::domain::record::refusals::Refusals;
use gatepost::domain::record::time::Timestamp;
use gatepost::store::codec::encode;

use super::app::App;
use super::engine::Engine;
use crate::mail::sink::{Sink, TakenMail};

/// How many records of each kind are in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Records {
    pub(crate) accounts: usize,
    pub(crate) requests: usize,
    pub(crate) sessions: usize,
    pub(crate) others: usize,
    pub(crate) events: usize,
    /// Events listed under their accounts.
    pub(crate) history: usize,
    /// Counts of refusals.
    pub(crate) refusals: usize,
    /// What is kept about emails, waiting and ended ones.
    pub(crate) mails: usize,
}

impl App {
    pub(crate) async fn accounts(&self) -> usize {
        self.records().await.accounts
    }

    /// Counts the records in the store.
    pub(crate) async fn records(&self) -> Records {
        let mut records = Records::default();
        for (key, found) in self.all_records().await {
            match found.record {
                Record::Account(_) => records.accounts += 1,
                Record::Request(_) => records.requests += 1,
                Record::Session(_) => records.sessions += 1,
                Record::Event(_) if key.as_bytes().starts_with(b"h/") => records.history += 1,
                Record::Event(_) => records.events += 1,
                Record::Refusals(_) => records.refusals += 1,
                Record::EndedLetter(_) | Record::MailState(_) => records.mails += 1,
                Record::MailPlace(_) => {}
                _ if is_count(&key) => {}
                _ => records.others += 1,
            }
        }
        records
    }

    /// Everything except events and counts, which a refusal may write.
    pub(crate) async fn all_but_events(&self) -> Vec<(Key, Versioned)> {
        let mut records = self.all_records().await;
        records.retain(|(key, found)| !matches!(found.record, Record::Event(_)) && !is_count(key));
        records
    }

    /// Every session, with its version.
    pub(crate) async fn session_records(&self) -> Vec<Versioned> {
        let records = self.all_records().await.into_iter().map(|(_, found)| found);
        records.filter(|found| matches!(found.record, Record::Session(_))).collect()
    }

    /// How many addresses are reserved, each with its undo.
    pub(crate) async fn holds(&self) -> usize {
        let all: Vec<Record> = self.all_records().await.into_iter().map(|(_, found)| found.record).collect();
        let undos = all.iter().filter(|record| matches!(record, Record::Undo(_))).count();
        let held = all.iter().filter(|record| matches!(record, Record::Owner(Owner::Held { .. }))).count();
        undos.min(held)
    }

    /// All events, the oldest first.
    pub(crate) async fn events(&self) -> Vec<EventName> {
        self.all_events().await.into_iter().map(|event| event.name).collect()
    }

    /// The same, with every field.
    pub(crate) async fn all_events(&self) -> Vec<Event> {
        let events = self.all_records().await.into_iter().filter_map(|(key, found)| match found.record {
            Record::Event(event) if key.as_bytes().starts_with(b"v/") => Some(event),
            _ => None,
        });
        events.collect()
    }

    /// Every count of refusals that is stored.
    pub(crate) async fn refusals(&self) -> Vec<Refusals> {
        let records = self.all_records().await.into_iter().map(|(_, found)| found.record);
        let refusals = records.filter_map(|record| match record {
            Record::Refusals(refusals) => Some(refusals),
            _ => None,
        });
        refusals.collect()
    }

    /// Returns when it is written which sessions were used.
    pub(crate) async fn uses_written(&self) {
        // In doubt, the server would write them half a minute later.
        while self.house.gatepost.write_last_uses().await.is_err() {}
    }

    /// Moves the clock on to when counts are written, and waits until this many refusals are stored.
    pub(crate) async fn refusals_written(&self, count: u64) -> Vec<Refusals> {
        self.clock.advance(Duration::from_secs(30));
        loop {
            let refusals = self.refusals().await;
            if refusals.iter().map(|it| it.count).sum::<u64>() >= count {
                return refusals;
            }
            if Engine::named() == Some(Engine::Chaotic) {
                // In doubt, the server would write them half a minute later.
                self.house.gatepost.write_refusals().await.ok();
            }
            tokio::task::yield_now().await;
        }
    }

    /// Puts events into the history of an account, as years of use would.
    pub(crate) async fn put_history(&self, id: AccountId, count: u64) {
        for at in 0..count {
            let at = Timestamp(at);
            let mut change = Change::new();
            let event = Event::new(at, EventName::SignedIn, Some(id), &Client::server());
            change.put(Key::history(id, at, [0; 8]), Record::Event(event));
            assert_eq!(self.store.commit(change).await, Ok(Committed::Yes));
        }
    }

    /// Puts events of an account into the store, with their copies, one for each second from `from` on.
    pub(crate) async fn put_events(&self, id: AccountId, from: Timestamp, count: u64) {
        for number in 0..count {
            let at = from.plus(Duration::from_secs(number));
            let event = Event::new(at, EventName::SignedIn, Some(id), &Client::operator());
            let mut change = Change::new();
            change.put(Key::event(at, [0; 8]), Record::Event(event.clone()));
            change.put(Key::history(id, at, [0; 8]), Record::Event(event));
            assert_eq!(self.store.commit(change).await, Ok(Committed::Yes));
        }
    }

    /// The account of an address.
    pub(crate) async fn account(&self, email: &str) -> Account {
        let is_it = |found| match found {
            Record::Account(account) => Some(account).filter(|account| account.address.as_str() == email),
            _ => None,
        };
        let all = self.all_records().await.into_iter();
        all.map(|(_, found)| found.record).find_map(is_it).map(Arc::unwrap_or_clone).unwrap()
    }

    /// Disables an account, as the operator does.
    pub(crate) async fn disable(&self, email: &str) {
        let address = EmailAddress::parse(email).unwrap();
        self.house.gatepost.disable_account(&address, &Client::operator()).await.unwrap();
    }

    /// Enables it again.
    pub(crate) async fn enable(&self, email: &str) {
        let address = EmailAddress::parse(email).unwrap();
        self.house.gatepost.enable_account(&address, &Client::server()).await.unwrap();
    }

    /// Creates an account whose password is unknown and takes some seconds to hash.
    pub(crate) async fn costly_account(&self, email: &str) {
        let (gatepost, address) = (&self.house.gatepost, EmailAddress::parse(email).unwrap());
        gatepost.add_account(&address, Role::Member, &Client::server()).await.unwrap();
        let account = self.account(email).await;
        let cost = Cost { passes: 300, ..Cost::default() };
        let recipe = Recipe::new(account.salt.clone(), KeyId(1), cost);
        self.put(Account { password: Some(PasswordHash { recipe, hash: vec![0; 32] }), ..account }).await;
    }

    async fn put(&self, account: Account) {
        let mut change = Change::new();
        change.put(Key::account(account.id), Record::from(account));
        assert_eq!(self.store.commit(change).await, Ok(Committed::Yes));
    }

    /// Writes that the store was restored, as accepting an older one does.
    pub(crate) async fn note_restored(&self) {
        let mut change = Change::new();
        change.put(Key::restored(), Record::Restored);
        assert_eq!(self.store.commit(change).await, Ok(Committed::Yes));
    }

    /// Everything that can be read, with its versions.
    pub(crate) async fn all_records(&self) -> Vec<(Key, Versioned)> {
        let all = Span { from: Key::from_bytes(vec![]), until: Key::from_bytes(vec![0xff]) };
        let mut page = self.store.scan(&all, 100_000).await.unwrap();
        page.retain(|(key, _)| !self.leftovers.has(key));
        page.into_iter().filter_map(|(key, reading)| Some((key, reading.ok()?))).collect()
    }

    /// The emails to an address that have reached a mail server.
    pub(crate) fn received(&self, sink: &Sink, email: &str) -> Vec<TakenMail> {
        let mut mails = sink.seen().mails;
        mails.retain(|mail| mail.to == email && !self.leftovers.has_letter(mail.id()));
        mails
    }
}

impl App {
    /// The whole store, as someone who steals it would read it.
    pub(crate) async fn at_rest(&self) -> String {
        let records = self.all_records().await;
        let bytes = records.iter().flat_map(|(key, found)| encode(key, &found.record).unwrap());
        String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
    }
}

/// Whether this is a count of refusals, or of what was done at an address, or says when to remove one.
fn is_count(key: &Key) -> bool {
    let of = key.expired().unwrap_or_else(|| key.clone());
    of.as_bytes().starts_with(b"c/") || of.as_bytes().starts_with(b"l/")
}

impl Records {
    /// Everything except events, and what became of emails.
    pub(crate) fn without_events(self) -> usize {
        self.accounts + self.requests + self.sessions + self.others
    }
}
