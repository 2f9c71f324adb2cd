//! Whether what stands in the store of a house fits together: no race and no crash may leave a half.

use std::collections::{HashMap, HashSet};

use gatepost::domain::account::Account;
use gatepost::domain::key::Key;
use gatepost::domain::owner::Owner;
use gatepost::domain::ports::Record;

use super::app::App;

impl App {
    /// Every account has its address and the addresses it can be given back, and nothing belongs to an
    /// account that is none.
    pub(crate) async fn expect_whole(&self) {
        let records: HashMap<Vec<u8>, Record> = self
            .all_records()
            .await
            .into_iter()
            .map(|(key, it)| (key.as_bytes().to_vec(), it.record))
            .collect();
        let at = |key: &Key| records.get(key.as_bytes());
        let mut undos = HashSet::new();
        for account in records.values().filter_map(as_account) {
            let own = Key::owner(&account.address.canonical());
            assert_eq!(at(&own), Some(&Record::Owner(Owner::Account(account.id))), "{account:?}");
            for undo in &account.undos {
                // One that is over may be swept, and still be remembered by its account.
                let of = at(&Key::undo(undo.nonce));
                assert!(of.is_none_or(|of| *of == Record::Undo(account.id)), "{undo:?}");
                undos.insert(undo.nonce);
            }
            if let Some(pending) = &account.pending_change {
                let asked = at(&Key::request(pending.nonce));
                let Some(Record::Request(request)) = asked else { panic!("{pending:?} of {asked:?}") };
                assert_eq!(request.address, pending.address);
                assert_eq!(request.asker.map(|asker| asker.id), Some(account.id));
            }
        }
        for record in records.values() {
            match record {
                Record::Owner(Owner::Account(id)) => {
                    assert!(at(&Key::account(*id)).is_some(), "an address of no account");
                }
                Record::Owner(Owner::Held { by, undo, .. }) => {
                    assert!(at(&Key::account(*by)).is_some() && undos.contains(undo), "held for nobody");
                }
                Record::Session(session) => {
                    let owner = at(&Key::account(session.account)).or(at(&Key::remains(session.account)));
                    assert!(owner.is_some(), "a session of nobody");
                }
                Record::Undo(id) => assert!(at(&Key::account(*id)).is_some(), "an undo of nobody"),
                _ => {}
            }
        }
        let addresses = records.values().filter(|it| matches!(it, Record::Owner(Owner::Account(_))));
        assert_eq!(addresses.count(), records.values().filter_map(as_account).count());
    }
}

fn as_account(record: &Record) -> Option<&Account> {
    match record {
        Record::Account(account) => Some(account),
        _ => None,
    }
}
