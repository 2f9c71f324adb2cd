//! The lists of accounts, and the places that each account has in them.
//!
//! They are kept by the commits that change accounts, so that no one has to look through all of them: one by the domain of
//! the address, one by the time, the newest first, and one for each state that is rare enough to be looked for. By address,
//! accounts are found through who it belongs to.

use crate::domain::record::account::Account;
use crate::domain::record::account_state::StateList;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;

/// An account, under its places in the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ListedAccount(pub AccountId);

/// Whether the lists of accounts are complete. One record, which is never removed.
///
/// Every change of an account keeps its places up, whatever this says. In a database of an earlier version, the accounts
/// that did not change since have none until they were gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum AccountLists {
    /// Accounts are given their places, in the order of their ids. Those up to this one have them.
    Adding(Option<AccountId>),
    /// All accounts have their places. Places of none, which an earlier version left behind, are removed.
    Removing,
    /// Every account is in its places, and nothing else is.
    Whole,
}

impl Account {
    /// The most places that an account has: no account is in all three states at once.
    pub const MOST_PLACES: usize = 4;

    /// Its places in all lists.
    #[must_use]
    pub fn places(&self) -> Vec<Key> {
        let address = self.address.canonical();
        let mut places =
            vec![Key::account_by_domain(&address), Key::account_by_time(self.listed_at(), self.id)];
        let lists = StateList::ALL.into_iter().filter(|list| list.has(self));
        places.extend(lists.map(|list| Key::account_in_state(list, &address)));
        places
    }
}
