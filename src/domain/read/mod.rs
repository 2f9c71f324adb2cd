//! Reading records as typed values with their versions.
//!
//! - `key_checks`: the keys that the store knows, and what counts without them
//! - `nodes`: the runs that share a store, by their records
//! - `ownership`: who an address belongs to, and whether that makes a request void
//! - `unreadable`: stepping over records that cannot be read

mod key_checks;
mod nodes;
mod ownership;
mod unreadable;

pub(in crate::domain) use self::key_checks::{KnownKey, RETIRED, fit_keys, known_keys, put_key, put_keys};
pub use self::nodes::put_ended;
pub(in crate::domain) use self::nodes::{Nodes, Watched, name_of, nodes, watch};
pub(in crate::domain) use self::ownership::Ownership;
pub(in crate::domain) use self::unreadable::Listed;
use std::sync::Arc;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Unreadable, Version, Versioned};
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::admins::Admins;
use crate::domain::record::ended::{EndedLetter, MailPlace, MailState};
use crate::domain::record::event::Event;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::letter::Letter;
use crate::domain::record::new_device::NewDevice;
use crate::domain::record::node::{Lease, Node};
use crate::domain::record::owner::Owner;
use crate::domain::record::pending::Pending;
use crate::domain::record::refusals::Refusals;
use crate::domain::record::request::Request;
use crate::domain::record::session::Session;
use crate::domain::record::throttle::Throttle;
use crate::domain::record::unfinished_import::UnfinishedImport;
use crate::domain::record::workload::Workload;

/// The record under a key, or that there is none.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Found<T> {
    pub(in crate::domain) key: Key,
    pub(in crate::domain) value: Option<T>,
    version: Option<Version>,
}

impl<T: Stored> Found<T> {
    fn new(key: Key, versioned: Option<Versioned>) -> Result<Self, Unreadable> {
        let version = versioned.as_ref().map(|found| found.version);
        let value = match versioned {
            Some(found) => Some(T::from_record(found.record).ok_or_else(|| misplaced(&key))?),
            None => None,
        };
        Ok(Self { key, value, version })
    }

    /// Makes `change` depend on this record being unchanged.
    pub(in crate::domain) fn expected_by(&self, change: &mut Change) {
        change.expect(self.key.clone(), self.version);
    }

    /// Its version, or nothing if there is no record.
    pub(in crate::domain) fn version(&self) -> Option<Version> {
        self.version
    }

    fn map(self, of: impl FnOnce(T) -> T) -> Self {
        Self { value: self.value.map(of), ..self }
    }

    /// Drops a value that does not count; the version is still expected.
    pub(in crate::domain) fn filter(self, is_it: impl FnOnce(&T) -> bool) -> Self {
        Self { value: self.value.filter(is_it), ..self }
    }
}

/// A kind of record that is read on its own, by its key.
pub(in crate::domain) trait Stored: Sized {
    fn from_record(record: Record) -> Option<Self>;
}

macro_rules! stored {
    ($($kind:ty: $variant:ident),+) => {$(
        impl Stored for $kind {
            fn from_record(record: Record) -> Option<Self> {
                match record {
                    Record::$variant(value) => Some(value),
                    _ => None,
                }
            }
        }
    )+};
}

macro_rules! shared {
    ($($kind:ident),+) => {$(
        impl Stored for Arc<$kind> {
            fn from_record(record: Record) -> Option<Self> {
                match record {
                    Record::$kind(value) => Some(value),
                    _ => None,
                }
            }
        }

        impl Stored for $kind {
            fn from_record(record: Record) -> Option<Self> {
                Arc::<Self>::from_record(record).map(Arc::unwrap_or_clone)
            }
        }
    )+};
}

impl Stored for Letter {
    fn from_record(record: Record) -> Option<Self> {
        match record {
            Record::Letter(letter) => Some(letter),
            Record::TriedLetter(letter, last_try) => Some(Self { last_try: Some(last_try), ..letter }),
            _ => None,
        }
    }
}

shared!(Account, Session);

stored!(
    Owner: Owner, Pending: Pending, Request: Request,
    EndedLetter: EndedLetter, MailState: MailState, MailPlace: MailPlace, AccountId: Undo, Event: Event, Workload: Workload, UnfinishedImport: UnfinishedImport, Refusals: Refusals,
    NewDevice: NewDevice, Throttle: Throttle, Lease: Lease, Node: Node, Admins: Admins
);

impl Gatepost {
    pub(in crate::domain) async fn find<T: Stored>(&self, key: Key) -> Result<Found<T>, Error> {
        let found = self.store.get(std::slice::from_ref(&key)).await?.pop().flatten();
        Ok(Found::new(key, found)?)
    }

    /// Records of one kind as of one moment, in the given order.
    pub(in crate::domain) async fn find_all<T: Stored>(
        &self,
        keys: Vec<Key>,
    ) -> Result<Vec<Found<T>>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.store.get(&keys).await?;
        let found = keys.into_iter().zip(found).map(|(key, found)| Found::new(key, found));
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Four records as of one moment.
    pub(in crate::domain) async fn find_four<A: Stored, B: Stored, C: Stored, D: Stored>(
        &self,
        keys: [Key; 4],
    ) -> Result<(Found<A>, Found<B>, Found<C>, Found<D>), Error> {
        let mut found = self.store.get(&keys).await?.into_iter();
        let mut of = || found.next().flatten();
        let [a, b, c, d] = keys;
        let (a, b) = (Found::new(a, of())?, Found::new(b, of())?);
        Ok((a, b, Found::new(c, of())?, Found::new(d, of())?))
    }

    /// Two records as of one moment.
    pub(in crate::domain) async fn find_both<A: Stored, B: Stored>(
        &self,
        first: Key,
        second: Key,
    ) -> Result<(Found<A>, Found<B>), Error> {
        let keys = [first, second];
        let mut found = self.store.get(&keys).await?.into_iter();
        let [first, second] = keys;
        Ok((Found::new(first, found.next().flatten())?, Found::new(second, found.next().flatten())?))
    }
}

fn misplaced(key: &Key) -> Unreadable {
    Unreadable { key: key.clone(), reason: "is missing or of the wrong kind".into() }
}
