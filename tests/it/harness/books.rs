//! Counting, and counting again by other means.

use std::collections::BTreeMap;
use std::time::Duration;

use gatepost::domain::error::Error;
use gatepost::domain::ports::{Change, Committed, StoreError, Versioned};
use gatepost::domain::record::Record;
use gatepost::domain::record::event::{Event, EventName, Means};
use gatepost::domain::record::key::Key;
use gatepost::domain::record::refusals::Refusals;
use gatepost::domain::record::sums::Sum;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::upkeep::Booked;
use gatepost::web::House;

use super::app::App;

/// Sums, by day or week and name.
pub(crate) type Books = BTreeMap<String, u64>;

/// Has a server count everything that is old enough.
pub(crate) async fn count_all(house: &House) {
    loop {
        match house.gatepost.keep_books().await {
            Ok(Booked::All) => return,
            Ok(Booked::More) | Err(Error::Store(StoreError::InDoubt(_))) => {}
            Err(error) => panic!("{error}"),
        }
        tokio::task::yield_now().await;
    }
}

/// The sums among these records.
pub(crate) fn written<'a>(records: impl Iterator<Item = (&'a Key, &'a Record)>) -> Books {
    let sums = records.filter_map(|(key, record)| match (key.summed()?, record) {
        (Sum::OfDay(day, counter), Record::Sum(sum)) => Some((format!("{day} {}", counter.name()), *sum)),
        (Sum::OfWeek(week, bucket), Record::Sum(sum)) => Some((format!("{week} {}", bucket.name()), *sum)),
        other => panic!("{other:?}"),
    });
    sums.collect()
}

/// The same, from the events and refusals among these records, by other means than the product's.
pub(crate) fn counted_again<'a>(records: impl Iterator<Item = (&'a Key, &'a Record)>) -> Books {
    let mut books = Books::new();
    for (key, record) in records {
        match record {
            Record::Event(event) if key.as_bytes().starts_with(b"v/") => add_event(&mut books, event),
            Record::Refusals(refusals) => add_refusals(&mut books, refusals),
            _ => {}
        }
    }
    books
}

fn add_event(books: &mut Books, event: &Event) {
    let day = text(event.at, "%Y-%m-%d");
    let mut add = |name: &str, more: u64| *books.entry(format!("{day} {name}")).or_default() += more;
    let signs_in = match event.name {
        EventName::Registered => {
            add("registered", 1);
            false
        }
        EventName::AccountConfirmed => {
            add("confirmed", 1);
            true
        }
        EventName::FirstSignIn => {
            add("first_sign_ins", 1);
            true
        }
        EventName::SignedIn | EventName::PasswordReset => true,
        EventName::AccountAdded => {
            add("imported", 1);
            false
        }
        EventName::AccountsImported { accounts, .. } => {
            add("imported", accounts);
            false
        }
        EventName::MailSent => {
            add("sent", 1);
            let took = event.took.unwrap().as_millis();
            let bounds = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000];
            let index = bounds.iter().position(|bound| took <= *bound).unwrap_or(11);
            add(&format!("sent_within_{index:02}"), 1);
            false
        }
        EventName::MailDelayed => {
            add("delayed", 1);
            false
        }
        EventName::MailFailed => {
            add("failed", 1);
            false
        }
        _ => false,
    };
    match event.means.filter(|_| signs_in) {
        Some(Means::Link) => add("link", 1),
        Some(Means::Code) => add("code", 1),
        Some(Means::Password) => add("password", 1),
        _ => {}
    }
    add_to_week(books, event);
}

fn add_to_week(books: &mut Books, event: &Event) {
    if event.name == EventName::Registered {
        let week = text(event.at, "%G-W%V");
        *books.entry(format!("{week} registered")).or_default() += 1;
        let last = books.entry(format!("{week} last_registered")).or_default();
        *last = event.at.0.max(*last);
    }
    if event.name == EventName::AccountConfirmed {
        let took = event.took.unwrap().as_secs_f64();
        let bucket = match took {
            _ if took <= 60.0 => "within_1m",
            _ if took <= 300.0 => "within_5m",
            _ if took <= 3_600.0 => "within_1h",
            _ => "within_24h",
        };
        let week = text(event.at.minus(event.took.unwrap()), "%G-W%V");
        *books.entry(format!("{week} {bucket}")).or_default() += 1;
    }
}

fn add_refusals(books: &mut Books, refusals: &Refusals) {
    let name = match refusals.name {
        EventName::PasswordRefused => "wrong_password",
        EventName::WrongCode => "wrong_code",
        EventName::Throttled => "throttled",
        _ => return,
    };
    let day = text(refusals.first, "%Y-%m-%d");
    *books.entry(format!("{day} {name}")).or_default() += refusals.count;
}

fn text(at: Timestamp, format: &str) -> String {
    jiff::Timestamp::from(at).strftime(format).to_string()
}

impl App {
    /// Has the server count everything that is old enough.
    pub(crate) async fn count_all(&self) {
        count_all(&self.house).await;
    }

    /// Lets so much time pass that everything is certain to be counted, whatever the clock did before.
    pub(crate) async fn settle(&self) {
        for _ in 0..3 {
            self.clock.advance(Duration::from_hours(9));
            while self.house.gatepost.write_refusals().await.is_err() {}
            self.count_all().await;
        }
    }

    /// Everything except sums and how far they are counted, which the server writes beside whatever else happens.
    pub(crate) async fn all_but_sums(&self) -> Vec<(Key, Versioned)> {
        let mut records = self.all_records().await;
        records.retain(|(key, _)| *key != Key::cursor() && key.summed().is_none());
        records
    }

    /// Writes records as the test made them.
    pub(crate) async fn put_change(&self, change: Change) {
        assert_eq!(self.store.commit(change).await, Ok(Committed::Yes));
    }

    /// The sums in the store, and what they are when everything is counted again.
    pub(crate) async fn books(&self) -> (Books, Books) {
        let all: Vec<_> =
            self.all_records().await.into_iter().map(|(key, found)| (key, found.record)).collect();
        let pairs = || all.iter().map(|(key, record)| (key, record));
        (written(pairs()), counted_again(pairs()))
    }
}
