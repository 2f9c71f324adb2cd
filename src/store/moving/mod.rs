//! Moving a store to another place, whichever engines keep it here and there.
//!
//! Both ends are opened by their engine ([`embedded`](super::embedded), [`shared`](super::shared)), and each has a mark that
//! keeps every process out while it counts: the [`Destination`] from the beginning until everything is there, the
//! [`Origin`] from then on. So never two of them can be used, and for a moment neither can.
//!
//! `origin`: leaving a store that several servers share. `watch`: whether any of them goes on.

pub(super) mod origin;
pub(super) mod watch;

use std::sync::Arc;

use async_trait::async_trait;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128, xxh3_128_with_seed};

use super::life::{Refusal, Snapshot};
use crate::domain::ports::{Store, StoreError};
use crate::domain::record::ids::MoveId;
use crate::domain::record::key::Key;
use crate::domain::record::state::{NotReady, State};
use crate::domain::record::time::Timestamp;

/// Some records, in the order of their keys.
pub type Records = Vec<(Key, Vec<u8>)>;

/// Gets how much is done, out of how much.
pub type Progress<'a> = &'a mut (dyn FnMut(u64, u64) + Send);

/// A store that was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// By which move.
    pub id: MoveId,
    /// Where it is now, without a password.
    pub to: String,
    /// Since when.
    pub at: Timestamp,
}

impl Left {
    /// Moving a store to a place, at a time. It is the same move whenever it is tried again.
    #[must_use]
    pub fn of(state: &State, to: &str, at: Timestamp) -> Self {
        let id = xxh3_128(&[&state.store.0, to.as_bytes()].concat()).to_be_bytes();
        Self { id: MoveId(id), to: to.to_owned(), at }
    }
}

impl From<Left> for NotReady {
    fn from(Left { to, at, .. }: Left) -> Self {
        Self::Moved { to, at }
    }
}

/// A store that is to be moved, and that no server uses.
#[async_trait]
pub trait Origin: Send {
    /// Which store it is.
    fn state(&self) -> &State;

    /// Whether it was moved already.
    fn left(&self) -> Option<&Left>;

    /// Its records, to look at.
    fn store(&self) -> Arc<dyn Store>;

    /// Verifies every value, and makes sure that no server uses it.
    ///
    /// # Errors
    /// What is wrong with it, or who uses it.
    async fn verify(&mut self, progress: Progress<'_>) -> Result<(), Refusal>;

    /// All records as of one moment, which is now.
    ///
    /// # Errors
    /// If they cannot be read.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// From now on, nothing uses it. Durable when this returns.
    ///
    /// # Errors
    /// If a server has used it meanwhile, or that cannot be written.
    async fn leave(&mut self, left: &Left) -> Result<(), Refusal>;
}

/// What is in the place that a store is moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vacancy {
    /// Nothing.
    Empty,
    /// What this move left that did not finish.
    Begun(MoveId),
    /// A store.
    Taken,
}

/// The place that a store is moved to.
#[async_trait]
pub trait Destination: Send {
    /// What is there.
    fn vacancy(&self) -> Vacancy;

    /// Begins: from now on, nothing but this uses it. What an earlier attempt left is written again.
    ///
    /// # Errors
    /// If that cannot be written, or another process was faster.
    async fn begin(&mut self, id: MoveId, origin: &State) -> Result<(), Refusal>;

    /// Takes the next records in the order of their keys, except the state of the store.
    ///
    /// # Errors
    /// If they cannot be written. The next attempt begins again.
    async fn take(&mut self, records: Records) -> Result<(), Refusal>;

    /// There are no more.
    ///
    /// # Errors
    /// If they cannot be written. The next attempt begins again.
    async fn taken(&mut self) -> Result<(), Refusal>;

    /// All records as they were written.
    ///
    /// # Errors
    /// If they cannot be read.
    async fn snapshot(&mut self) -> Result<Box<dyn Snapshot>, Refusal>;

    /// From now on, it is a store like any other. Durable when this returns.
    ///
    /// # Errors
    /// If that cannot be written, or another process was faster.
    async fn arrive(&mut self, origin: &State) -> Result<(), Refusal>;
}

/// The next records of a moment, or nothing at its end.
///
/// # Errors
/// If they cannot be read.
pub async fn next_page(snapshot: &mut dyn Snapshot) -> Result<Option<Records>, StoreError> {
    let mut records = Vec::new();
    let state = Key::state();
    let mut keep = |key: &Key, value: &[u8]| {
        if *key != state {
            records.push((key.clone(), value.to_vec()));
        }
    };
    Ok(snapshot.next_page(&mut keep).await?.map(|_| records))
}

/// How many records there are, and the sum of their checksums, whatever their order. The state of a store does not count,
/// since it is another one in another place. `progress` gets how many were read.
///
/// # Errors
/// If they cannot be read.
pub async fn digest(
    snapshot: &mut dyn Snapshot,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(u64, u128), StoreError> {
    let state = Key::state();
    let (mut records, mut sum) = (0, 0_u128);
    loop {
        let mut add = |key: &Key, value: &[u8]| {
            if *key != state {
                records += 1;
                sum = sum.wrapping_add(xxh3_128_with_seed(value, xxh3_64(key.as_bytes())));
            }
        };
        if snapshot.next_page(&mut add).await?.is_none() {
            return Ok((records, sum));
        }
        progress(records);
    }
}

fn refused(error: &StoreError) -> Refusal {
    Refusal::Other(error.to_string())
}
