//! The lists of accounts in a server's store, and what should be in them.

use std::collections::BTreeMap;

use gatepost::domain::ports::{Change, Committed};
use gatepost::domain::record::Record;
use gatepost::domain::record::account_places::{AccountLists, ListedAccount};
use gatepost::domain::record::ids::AccountId;
use gatepost::domain::record::key::Key;

use super::app::App;

/// The account at each place.
pub(crate) type Places = BTreeMap<Key, AccountId>;

impl App {
    /// Whether the lists are complete, as the store says.
    pub(crate) async fn account_lists(&self) -> Option<AccountLists> {
        let found = self.store.get(&[Key::account_lists()]).await.unwrap().pop().flatten()?;
        match found.record {
            Record::AccountLists(lists) => Some(lists),
            record => panic!("{record:?}"),
        }
    }

    /// Every place in the lists, with its account.
    pub(crate) async fn places(&self) -> Places {
        let records = self.all_records().await.into_iter();
        let places = records.filter(|(key, _)| key.is_account_place());
        let places = places.map(|(key, found)| match found.record {
            Record::ListedAccount(listed) => (key, listed.0),
            record => panic!("{record:?}"),
        });
        places.collect()
    }

    /// The places that the accounts should have: a recount of the whole store.
    pub(crate) async fn recounted_places(&self) -> Places {
        let mut places = Places::new();
        for (_, found) in self.all_records().await {
            if let Record::Account(account) = found.record {
                places.extend(account.places().into_iter().map(|place| (place, account.id)));
            }
        }
        places
    }

    /// The lists are complete, and nothing else is in them.
    pub(crate) async fn expect_exact_lists(&self, when: &str) {
        let (found, recounted) = (self.places().await, self.recounted_places().await);
        assert!(found == recounted, "{when}: {found:?} instead of {recounted:?}");
    }

    /// The database as an earlier version would have it: without the lists.
    pub(crate) async fn without_account_lists(&self) {
        let places = self.places().await.into_keys().chain([Key::account_lists()]);
        let all: Vec<Key> = places.collect();
        for keys in all.chunks(Change::MAX_WRITES) {
            let mut change = Change::new();
            for key in keys {
                change.delete(key.clone());
            }
            assert_eq!(self.store.commit(change).await, Ok(Committed::Yes));
        }
    }

    /// Puts an account at a place, or no one.
    pub(crate) async fn put_place(&self, place: Key, id: Option<AccountId>) {
        let mut change = Change::new();
        match id {
            Some(id) => change.put(place, Record::ListedAccount(ListedAccount(id))),
            None => change.delete(place),
        }
        assert_eq!(self.store.commit(change).await, Ok(Committed::Yes));
    }
}
