//! Making what a store of an earlier version lacks: the record of its administrators first, since changes wait for it, then
//! the lists of its accounts.
//!
//! - `admins`: the record of the administrators
//! - `accounts`: the lists of accounts

mod accounts;
mod admins;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Committed};
use crate::domain::read::{Found, Nodes, Stored, nodes, put_ended};
use crate::domain::record::Record;
use crate::domain::record::account_places::AccountLists;
use crate::domain::record::admins::Admins;
use crate::domain::record::key::Key;
use crate::domain::record::node::Errand;
use crate::domain::record::watch::Ended;
use crate::domain::upkeep::runs::expect_state;

/// Whether a store has all its indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexed {
    /// It has.
    All,
    /// They are to be made by another node, or once nodes of earlier versions have stopped.
    NotYet,
}

impl Gatepost {
    /// Makes the indexes that the store lacks.
    ///
    /// # Errors
    /// `Store`. The next attempt goes on.
    pub async fn make_indexes(&self) -> Result<Indexed, Error> {
        let (admins, lists): (Found<Admins>, Found<AccountLists>) =
            self.find_both(Key::admins(), Key::account_lists()).await?;
        let knows_admins = admins.value.is_some_and(|admins| admins.is_whole());
        if knows_admins && lists.value == Some(AccountLists::Whole) {
            return Ok(Indexed::All);
        }
        if !self.has_errand(Errand::Index).await? || self.know_admins().await? == Indexed::NotYet {
            return Ok(Indexed::NotYet);
        }
        self.make_account_lists().await
    }

    /// Begins an index with its record. Returns whether that was possible.
    ///
    /// From that commit on, no run goes on or joins that does not know this format: it would not keep the index up.
    async fn begin_index<T: Stored>(
        &self,
        found: Found<T>,
        record: Record,
        format: u8,
    ) -> Result<bool, Error> {
        let mut change = Change::new();
        found.expected_by(&mut change);
        // In this order: whoever joins after the state was read changes it, and then this commit is refused.
        let state = expect_state(&mut change, &*self.store).await?;
        let nodes = nodes(&*self.store).await?;
        if !self.put_ends_of_earlier(&mut change, nodes, format) {
            return Ok(false);
        }
        if let Some(mut state) = state {
            state.floor = state.floor.max(format);
            change.put(Key::state(), Record::State(state));
        }
        // One per store, never removed.
        change.put(found.key, record);
        Ok(self.store.commit(change).await? == Committed::Yes)
    }

    /// Adds to a change that the runs of earlier versions have ended, so that none of them goes on. Returns whether they
    /// have.
    fn put_ends_of_earlier(&self, change: &mut Change, nodes: Nodes, format: u8) -> bool {
        for (run, node) in nodes {
            if node.is_some_and(|(node, _)| node.profile.formats.contains(&format)) {
                continue;
            }
            match self.neighbours.as_ref().and_then(|neighbours| neighbours.ended(run)) {
                Some(Ended(Some(version))) => put_ended(change, run, version, self.world.now()),
                _ => return false,
            }
        }
        true
    }
}
