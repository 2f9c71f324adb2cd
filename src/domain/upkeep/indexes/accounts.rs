//! Making the lists of accounts that a store of an earlier version lacks.
//!
//! Every change of an account keeps its places up from the first start of this version on. So it is enough to go through all
//! accounts once, each in a commit that expects it as it was read.
//!
//! 1. It is noted that the lists are being made. Nodes of earlier versions, which keep no places up, have ended by then and
//!    cannot join any more.
//! 2. Accounts are given their places, in the order of their ids. How far that has come is noted, and whoever is interrupted
//!    goes on there.
//! 3. Places that no account has are removed: a node of an earlier version may have changed an account that had them.
//! 4. It is noted that the lists are complete.
//!
//! Two at once do no harm: whatever they write depends on what they read.

use std::sync::Arc;

use futures_util::future::try_join_all;

use super::Indexed;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Committed, StoreError, Version};
use crate::domain::read::{Found, Listed};
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::account_places::{AccountLists, ListedAccount};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::state::FORMAT_WITH_LISTS;
use crate::domain::{Gatepost, MAX_ATTEMPTS};

/// How many accounts are read at once. Their commits are on their way together, so that a disk syncs them together.
const PAGE: usize = 240;
/// How many accounts get their places in one commit, so that people who sign in meanwhile don't wait long.
const TOGETHER: usize = 30;
/// How many places are looked at together.
const PLACES: usize = 500;
/// How many places are removed in one commit. Each expects itself and its account.
const REMOVED_TOGETHER: usize = Change::MAX_EXPECTATIONS / 2;

/// An account, and its version as it was read.
type Seen = (Arc<Account>, Version);

impl Gatepost {
    /// Makes the lists, or goes on with it.
    pub(super) async fn make_account_lists(&self) -> Result<Indexed, Error> {
        loop {
            let found: Found<AccountLists> = self.find(Key::account_lists()).await?;
            let after = match found.value {
                Some(AccountLists::Whole) => return Ok(Indexed::All),
                None => {
                    let begun = Record::AccountLists(AccountLists::Adding(None));
                    if !self.begin_index(found, begun, FORMAT_WITH_LISTS).await? {
                        return Ok(Indexed::NotYet);
                    }
                    continue;
                }
                Some(AccountLists::Adding(after)) => self.add_places(after).await?,
                Some(AccountLists::Removing) => self.remove_strays().await?,
            };
            let mut change = Change::new();
            found.expected_by(&mut change);
            change.put(found.key, Record::AccountLists(after));
            if self.store.commit(change).await? == Committed::Yes && after == AccountLists::Whole {
                tracing::info!("made the lists of accounts, which this database did not have");
            }
            // An engine may never wait, so without this no one else would be served.
            tokio::task::yield_now().await;
        }
    }

    /// Gives the accounts of the next page their places (step 2). Returns how far that has come.
    async fn add_places(&self, after: Option<AccountId>) -> Result<AccountLists, Error> {
        let page = self.list::<Arc<Account>>(&Span::accounts_after(after), PAGE).await?;
        let next = match page.last() {
            Some(last) if page.len() == PAGE => AccountLists::Adding(Some(last.value.id)),
            _ => AccountLists::Removing,
        };
        let seen: Vec<Seen> = page.into_iter().map(|listed| (listed.value, listed.version)).collect();
        try_join_all(seen.chunks(TOGETHER).map(|seen| self.put_all_places(seen.to_vec()))).await?;
        Ok(next)
    }

    /// Gives some accounts their places. Those that change meanwhile are read again.
    async fn put_all_places(&self, seen: Vec<Seen>) -> Result<(), Error> {
        let mut rest = seen;
        let mut attempt = 0;
        while !rest.is_empty() {
            self.pause(attempt).await;
            let (mut change, mut count) = (Change::new(), 0);
            for (account, version) in &rest {
                if change.writes.len() + Account::MOST_PLACES > Change::MAX_WRITES {
                    break;
                }
                change.expect(Key::account(account.id), Some(*version));
                change.put_account_places(account);
                count += 1;
            }
            if self.store.commit(change).await? == Committed::Yes {
                (rest, attempt) = (rest.split_off(count), 0);
                continue;
            }
            attempt += 1;
            let keys = rest.iter().map(|(account, _)| Key::account(account.id)).collect();
            let again = self.list_these::<Arc<Account>>(keys).await?;
            // One that was deleted has no places any more.
            rest = again.into_iter().map(|listed| (listed.value, listed.version)).collect();
        }
        Ok(())
    }

    /// Removes the places that no account has (step 3). Returns how far it has come.
    async fn remove_strays(&self) -> Result<AccountLists, Error> {
        for mut rest in Span::account_places() {
            let mut attempt = 0;
            loop {
                self.pause(attempt).await;
                let page = self.list::<ListedAccount>(&rest, PLACES).await?;
                if !self.are_without_strays(&page).await? {
                    attempt += 1;
                    if attempt == MAX_ATTEMPTS {
                        return Err(StoreError::Busy.into());
                    }
                    continue;
                }
                attempt = 0;
                let Some(last) = page.last().filter(|_| page.len() == PLACES) else { break };
                rest = rest.after(&last.key);
                tokio::task::yield_now().await;
            }
        }
        Ok(AccountLists::Whole)
    }

    /// Removes those of these places that no account has. Returns whether none of them is left.
    async fn are_without_strays(&self, page: &[Listed<ListedAccount>]) -> Result<bool, Error> {
        let mut ids: Vec<AccountId> = page.iter().map(|listed| listed.value.0).collect();
        ids.sort_unstable();
        ids.dedup();
        let accounts: Vec<Option<Found<Account>>> =
            self.find_readable(ids.iter().copied().map(Key::account).collect()).await?;
        // The place of an account that cannot be read stays.
        let account_of = |listed: &Listed<ListedAccount>| {
            let index = ids.binary_search(&listed.value.0).ok()?;
            accounts.get(index)?.as_ref()
        };
        let is_stray = |account: &Found<Account>, place: &Key| {
            !account.value.as_ref().is_some_and(|account| account.places().contains(place))
        };
        let strays: Vec<(&Listed<ListedAccount>, &Found<Account>)> = page
            .iter()
            .filter_map(|listed| Some((listed, account_of(listed)?)))
            .filter(|(listed, account)| is_stray(account, &listed.key))
            .collect();
        let mut are_removed = true;
        for strays in strays.chunks(REMOVED_TOGETHER) {
            let mut change = Change::new();
            for (stray, account) in strays {
                // Someone else may have come to this place meanwhile, or its account to it.
                change.expect(stray.key.clone(), Some(stray.version));
                if change.expectations.iter().all(|(key, _)| *key != account.key) {
                    account.expected_by(&mut change);
                }
                change.delete(stray.key.clone());
            }
            are_removed &= self.store.commit(change).await? == Committed::Yes;
        }
        Ok(are_removed)
    }
}
