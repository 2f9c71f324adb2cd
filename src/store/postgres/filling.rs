//! Filling an empty store with the records of a backup, in steps. Until the last one, a sign in the store keeps every
//! process from opening it; if it is interrupted, the next attempt begins again.

use super::moment::Moment;
use super::{Access, PostgresStore, Refusal, commit, reading};
use crate::domain::ports::{Change, Class, Committed, StoreError};
use crate::domain::record::key::{Key, Span};
use crate::domain::record::state::NotReady;
use crate::store::CodedChange;
use crate::store::moving::origin::read_state;

/// Its key. It is not one that a record could have.
const SIGN: &[u8] = b"\0filling";
/// How often a step is repeated whose fate is unknown. Doing it twice changes nothing.
const TRIES: usize = 5;

impl PostgresStore {
    /// Whether it is being filled, or that was interrupted.
    pub(super) async fn is_being_filled(&self) -> Result<bool, Refusal> {
        let found = reading::get(&self.shared, &[sign()]).await.map_err(|error| refused(&error))?;
        Ok(found.iter().any(Option::is_some))
    }

    /// Refuses a store that was moved, or is being moved to this place, unless that is what it is opened for. One that was
    /// moved can be accepted; one that is not whole cannot.
    pub(super) async fn expect_use(&self, access: Access) -> Result<(), Refusal> {
        let state = read_state(self).await.map_err(|error| refused(&error))?;
        let ready = state.map_or(Ok(()), |(state, _)| state.phase.expect_ready());
        match (access, ready) {
            (Access::Depart | Access::Arrive, _)
            | (Access::Accept, Err(NotReady::Moved { .. }))
            | (_, Ok(())) => Ok(()),
            (_, Err(reason)) => Err(Refusal(reason.to_string())),
        }
    }

    /// Begins. Refuses a store that has records, unless an earlier attempt left them.
    pub(super) async fn begin_filling(&self) -> Result<(), Refusal> {
        if self.is_being_filled().await? {
            return self.clear().await.map_err(|error| refused(&error));
        }
        if !self.is_empty().await? {
            let schema = self.shared.base.settings.schema.as_str();
            return Err(Refusal(format!(
                "schema {schema} has a database already, and a backup is restored only into an empty one; set \
                 store.schema to a new one and run `gatepost store init`"
            )));
        }
        self.put(vec![(sign(), Some(Vec::new()))]).await.map_err(|error| refused(&error))
    }

    /// Whether there is no record.
    pub(super) async fn is_empty(&self) -> Result<bool, Refusal> {
        let first =
            reading::page(&self.shared, &Span::records(), 1).await.map_err(|error| refused(&error))?;
        Ok(first.is_empty())
    }

    /// Writes the next records, which may be any number.
    ///
    /// # Errors
    /// If they cannot be written. Then the store is not opened until it is filled again.
    pub async fn fill(&self, records: Vec<(Key, Vec<u8>)>) -> Result<(), StoreError> {
        let mut step = Vec::new();
        let mut bytes = 0;
        for (key, value) in records {
            let more = key.as_bytes().len() + value.len();
            if step.len() == Change::MAX_WRITES || bytes + more > Change::MAX_BYTES {
                self.put(std::mem::take(&mut step)).await?;
                bytes = 0;
            }
            bytes += more;
            step.push((key, Some(value)));
        }
        self.put(step).await
    }

    /// Refuses if there are more or fewer records than were written: another process may have made a store at the same
    /// moment.
    ///
    /// # Errors
    /// That, or if they cannot be counted.
    pub async fn expect_records(&self, records: u64) -> Result<(), StoreError> {
        let found = Moment::open(&self.shared).await?.records();
        if found == records {
            return Ok(());
        }
        Err(StoreError::Refused(format!(
            "{records} records were written, but the database has {found}: stop all servers that use it, and restore again"
        )))
    }

    /// From now on, it is a store like any other.
    ///
    /// # Errors
    /// If that cannot be written.
    pub async fn end_filling(&self) -> Result<(), StoreError> {
        self.put(vec![(sign(), None)]).await
    }

    async fn clear(&self) -> Result<(), StoreError> {
        loop {
            let page = reading::page(&self.shared, &Span::records(), Change::MAX_WRITES).await?;
            if page.is_empty() {
                return Ok(());
            }
            self.put(page.into_iter().map(|(key, _)| (key, None)).collect()).await?;
        }
    }

    async fn put(&self, writes: Vec<(Key, Option<Vec<u8>>)>) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let change = CodedChange { class: Class::default(), expectations: Vec::new(), writes };
        for _ in 0..TRIES {
            match commit::write(&self.shared, change.clone()).await {
                Ok(Committed::Yes) => return Ok(()),
                Ok(Committed::Conflict) | Err(StoreError::Busy | StoreError::InDoubt(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Busy)
    }
}

fn sign() -> Key {
    Key::from_bytes(SIGN.to_vec())
}

pub(super) fn refused(error: &StoreError) -> Refusal {
    Refusal(error.to_string())
}
