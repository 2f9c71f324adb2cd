//! Records that cannot be read: damaged, or written by a newer version.
//!
//! An action that needs such a record fails. Queues, lists and everything else that goes through many
//! records step over it: otherwise one email that cannot be read would hold up all others. It stays where
//! it is, for a version that can read it.

use std::sync::PoisonError;

use super::{Found, Stored, misplaced};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Reading, StoreError, Unreadable, Version};
use crate::domain::record::key::{Key, Span};

/// How many unreadable records are remembered. A store that has more is logged well enough by then.
const MAX_REMEMBERED: usize = 1000;

/// A record of a list.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Listed<T> {
    pub(in crate::domain) key: Key,
    pub(in crate::domain) value: T,
    pub(in crate::domain) version: Version,
}

impl Gatepost {
    /// How many records could not be read and were stepped over since the start, up to a thousand.
    #[must_use]
    pub fn unreadable_records(&self) -> usize {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Goes on without a record. It is logged the first time only, because queues meet it again and again.
    pub(in crate::domain) fn step_over(&self, unreadable: &Unreadable) {
        let mut known = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_REMEMBERED && known.insert(unreadable.key.clone()) {
            tracing::error!(error = %unreadable, "skipped a record that cannot be read");
        }
    }

    /// The first `limit` records of `span` that can be read. They are from one moment unless others had to
    /// be stepped over.
    pub(in crate::domain) async fn list<T: Stored>(
        &self,
        span: &Span,
        limit: usize,
    ) -> Result<Vec<Listed<T>>, Error> {
        let mut rest = span.clone();
        let mut listed = Vec::new();
        loop {
            let wanted = limit - listed.len();
            let page = self.store.scan(&rest, wanted).await?;
            let is_last = page.len() < wanted;
            if let Some((last, _)) = page.last() {
                rest = rest.after(last);
            }
            listed.extend(page.into_iter().filter_map(|(key, reading)| self.listed(key, reading)));
            if is_last || listed.len() == limit {
                return Ok(listed);
            }
        }
    }

    fn listed<T: Stored>(&self, key: Key, reading: Reading) -> Option<Listed<T>> {
        let read = reading.and_then(|found| {
            let value = T::from_record(found.record).ok_or_else(|| misplaced(&key))?;
            Ok((value, found.version))
        });
        match read {
            Ok((value, version)) => Some(Listed { key, value, version }),
            Err(unreadable) => {
                self.step_over(&unreadable);
                None
            }
        }
    }

    /// A record, or nothing if it cannot be read, for work that can go on without it.
    pub(in crate::domain) async fn find_if_readable<T: Stored>(
        &self,
        key: Key,
    ) -> Result<Option<Found<T>>, Error> {
        match self.find(key).await {
            Err(Error::Store(StoreError::Unreadable(unreadable))) => {
                self.step_over(&unreadable);
                Ok(None)
            }
            found => found.map(Some),
        }
    }

    /// Those of these records that are there and can be read.
    pub(in crate::domain) async fn list_these<T: Stored>(
        &self,
        keys: Vec<Key>,
    ) -> Result<Vec<Listed<T>>, Error> {
        let found = self.find_readable(keys).await?.into_iter().flatten();
        let listed = |Found { key, value, version }| Some(Listed { key, value: value?, version: version? });
        Ok(found.filter_map(listed).collect())
    }

    /// The records of a list of keys, in their order, with nothing in the place of each that cannot be read.
    /// They are as of one moment unless there is one.
    pub(in crate::domain) async fn find_readable<T: Stored>(
        &self,
        keys: Vec<Key>,
    ) -> Result<Vec<Option<Found<T>>>, Error> {
        match self.find_all(keys.clone()).await {
            Err(Error::Store(StoreError::Unreadable(_))) => {}
            found => return Ok(found?.into_iter().map(Some).collect()),
        }
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            found.push(self.find_if_readable(key).await?);
        }
        Ok(found)
    }
}
