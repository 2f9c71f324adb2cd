//! Making what a store of an earlier version lacks: the record of its administrators.
//!
//! 1. The record is begun. From that commit on, every change that adds an administrator writes it, and one that removes an
//!    administrator is refused. Nodes of earlier versions, which do neither, have ended by then and cannot join any more.
//! 2. All accounts are read, page by page, beside everything else.
//! 3. One commit adds those that were found. No one was removed meanwhile, so these are all.
//!
//! Whoever is interrupted begins again with step 2. Two at once do no harm: whatever they write depends on what they read.

use std::sync::Arc;

use crate::domain::error::Error;
use crate::domain::ports::{Change, Committed};
use crate::domain::read::{Found, Nodes, nodes, put_ended};
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::admins::Admins;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::node::Errand;
use crate::domain::record::state::FORMAT_WITH_ADMINS;
use crate::domain::record::watch::Ended;
use crate::domain::upkeep::runs::expect_state;
use crate::domain::{Gatepost, MAX_ATTEMPTS};

/// How many accounts are read at once.
const PAGE: usize = 200;

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
        let found: Found<Admins> = self.find(Key::admins()).await?;
        if found.value.as_ref().is_some_and(Admins::is_whole) {
            return Ok(Indexed::All);
        }
        if !self.has_errand(Errand::Index).await? {
            return Ok(Indexed::NotYet);
        }
        if found.value.is_none() && !self.begin_admins(&found).await? {
            return Ok(Indexed::NotYet);
        }
        let admins = self.read_admins().await?;
        self.complete_admins(&admins).await
    }

    /// Begins the record (step 1). Returns whether that was possible.
    async fn begin_admins(&self, found: &Found<Admins>) -> Result<bool, Error> {
        let mut change = Change::new();
        found.expected_by(&mut change);
        // In this order: whoever joins after the state was read changes it, and then this commit is refused.
        let state = expect_state(&mut change, &*self.store).await?;
        let nodes = nodes(&*self.store).await?;
        if !self.put_ends_of_earlier(&mut change, nodes) {
            return Ok(false);
        }
        if let Some(mut state) = state {
            state.floor = state.floor.max(FORMAT_WITH_ADMINS);
            change.put(Key::state(), Record::State(state));
        }
        // One per store, never removed.
        change.put(found.key.clone(), Record::Admins(Admins::begun()));
        Ok(self.store.commit(change).await? == Committed::Yes)
    }

    /// Adds to a change that the runs of earlier versions have ended, so that none of them goes on. Returns whether they
    /// have.
    fn put_ends_of_earlier(&self, change: &mut Change, nodes: Nodes) -> bool {
        for (run, node) in nodes {
            if node.is_some_and(|(node, _)| node.profile.formats.contains(&FORMAT_WITH_ADMINS)) {
                continue;
            }
            match self.neighbours.as_ref().and_then(|neighbours| neighbours.ended(run)) {
                Some(Ended(Some(version))) => put_ended(change, run, version, self.world.now()),
                _ => return false,
            }
        }
        true
    }

    /// The enabled administrators among all accounts (step 2). They are from many moments.
    async fn read_admins(&self) -> Result<Vec<AccountId>, Error> {
        let (mut rest, mut admins) = (Span::accounts(), Vec::new());
        loop {
            let page = self.list::<Arc<Account>>(&rest, PAGE).await?;
            if let Some(last) = page.last() {
                rest = rest.after(&last.key);
            }
            let is_last = page.len() < PAGE;
            let accounts = page.into_iter().map(|listed| listed.value);
            admins.extend(accounts.filter(|it| it.is_enabled_admin()).map(|account| account.id));
            if is_last || admins.len() >= Admins::MOST_KEPT {
                admins.truncate(Admins::MOST_KEPT);
                return Ok(admins);
            }
            // An engine may never wait, so without this no one else would be served.
            tokio::task::yield_now().await;
        }
    }

    /// Completes the record (step 3).
    async fn complete_admins(&self, admins: &[AccountId]) -> Result<Indexed, Error> {
        for attempt in 0..MAX_ATTEMPTS {
            self.pause(attempt).await;
            let found: Found<Admins> = self.find(Key::admins()).await?;
            let Some(begun) = found.value.clone() else { return Ok(Indexed::NotYet) };
            if begun.is_whole() {
                return Ok(Indexed::All);
            }
            let whole = begun.completed(admins);
            let count = whole.count();
            let mut change = Change::new();
            found.expected_by(&mut change);
            change.put(found.key, Record::Admins(whole));
            if self.store.commit(change).await? == Committed::Yes {
                tracing::info!(
                    admins = count,
                    "made the list of administrators, which this database did not have"
                );
                return Ok(Indexed::All);
            }
        }
        Ok(Indexed::NotYet)
    }
}
