//! The administrators in a server's store.

use std::sync::Arc;

use gatepost::domain::ports::{Change, Committed, Version};
use gatepost::domain::record::Record;
use gatepost::domain::record::account::Account;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::admins::Admins;
use gatepost::domain::record::ids::AccountId;
use gatepost::domain::record::key::Key;
use gatepost::domain::upkeep::Consistency;

use super::app::App;

impl App {
    /// The record of the administrators, if there is one.
    pub(crate) async fn admins(&self) -> Option<Admins> {
        let found = self.store.get(&[Key::admins()]).await.unwrap().pop().flatten()?;
        match found.record {
            Record::Admins(admins) => Some(admins),
            record => panic!("{record:?}"),
        }
    }

    /// The version of that record.
    pub(crate) async fn admins_version(&self) -> Option<Version> {
        self.store.get(&[Key::admins()]).await.unwrap().pop().flatten().map(|found| found.version)
    }

    /// Puts this record in its place, or none, as in a database of an earlier version.
    pub(crate) async fn put_admins(&self, admins: Option<Admins>) {
        let mut change = Change::new();
        match admins {
            Some(admins) => change.put(Key::admins(), Record::Admins(admins)),
            None => change.delete(Key::admins()),
        }
        assert_eq!(self.store.commit(change).await, Ok(Committed::Yes));
    }

    /// All accounts of enabled administrators.
    pub(crate) async fn enabled_admins(&self) -> Vec<AccountId> {
        let accounts = self.account_records().await.into_iter();
        accounts.filter(|account| account.is_enabled_admin()).map(|account| account.id).collect()
    }

    /// The address of an account.
    pub(crate) async fn address_of(&self, id: AccountId) -> EmailAddress {
        let mut accounts = self.account_records().await.into_iter();
        accounts.find(|account| account.id == id).unwrap().address.clone()
    }

    async fn account_records(&self) -> Vec<Arc<Account>> {
        let records = self.all_records().await.into_iter();
        let accounts = records.filter_map(|(_, found)| match found.record {
            Record::Account(account) => Some(account),
            _ => None,
        });
        accounts.collect()
    }

    /// What does not fit together in the store, in sentences.
    pub(crate) async fn misfits(&self) -> Vec<String> {
        let mut consistency = Consistency::default();
        loop {
            if let Some(misfits) = consistency.step(&*self.store).await.unwrap() {
                return misfits.first;
            }
        }
    }
}
