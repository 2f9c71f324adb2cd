//! Whether the records of a store fit together: no race and no crash may leave half of an action.

use std::collections::{HashMap, HashSet};

use gatepost::domain::ports::Clock;
use gatepost::domain::ports::Versioned;
use gatepost::domain::record::Record;
use gatepost::domain::record::account::Account;
use gatepost::domain::record::key::Key;
use gatepost::domain::record::owner::Owner;
use gatepost::domain::record::time::Timestamp;

use super::app::App;

impl App {
    /// Every account has its address and the addresses it may get back, and nothing belongs to an
    /// account that does not exist.
    pub(crate) async fn expect_whole(&self) {
        let records = self.all_records().await.into_iter();
        expect_whole(&records.map(|(key, it)| (key, it.record)).collect(), self.clock.now());
    }

    /// Accounts, their addresses and their sessions were last written in a commit with an event, and what
    /// happened to an account is listed under it.
    pub(crate) async fn expect_events_in_the_commits_of_their_acts(&self) {
        let records = self.all_records().await;
        let of = |kind: &'static [u8]| {
            records.iter().filter(move |(key, _)| key.as_bytes().starts_with(kind)).map(|(_, found)| found)
        };
        let told: Vec<_> = of(b"v/").map(|event| event.version).collect();
        for kind in [b"a/", b"e/", b"s/", b"u/"] {
            let is_told = |found: &Versioned| told.contains(&found.version);
            assert!(of(kind).all(is_told), "an act without its event: {:?}", of(kind).collect::<Vec<_>>());
        }
        let has_account =
            |found: &&Versioned| matches!(&found.record, Record::Event(event) if event.account.is_some());
        let [mut all, mut own] = [of(b"v/").filter(has_account), of(b"h/").filter(has_account)]
            .map(|events| events.map(|event| event.version.0).collect::<Vec<_>>());
        all.sort_unstable();
        own.sort_unstable();
        assert_eq!(all, own, "each event of an account is listed under it as well");
    }

    /// No event contains any of `secrets`, a link or code of any email so far, or the hash of a password.
    pub(crate) async fn expect_events_without(&self, secrets: &[&str]) {
        let told = format!("{:?}", self.all_events().await);
        assert!(told.contains("Event {"), "{told}");
        let mut secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        for letter in self.letters() {
            secrets.extend(letter.link.iter().map(|link| link.rsplit('/').next().unwrap().to_owned()));
            let is_code = |number| letter.code.as_ref().is_some_and(|code| code.as_str() == number);
            assert!(!told.split(|c: char| !c.is_ascii_digit()).any(is_code), "a code in {told}");
        }
        let hash =
            |found: &Versioned| Some(format!("{:?}", as_account(&found.record)?.password.as_ref()?.hash));
        secrets.extend(self.all_records().await.iter().filter_map(|(_, found)| hash(found)));
        for secret in secrets {
            assert!(!told.contains(&secret), "{secret} in {told}");
        }
    }
}

/// The same for any store, as of a time.
pub(crate) fn expect_whole(records: &HashMap<Key, Record>, now: Timestamp) {
    let at = |key: &Key| records.get(key);
    let mut undos = HashSet::new();
    for account in records.values().filter_map(as_account) {
        let own = Key::owner(&account.address.canonical());
        assert_eq!(at(&own), Some(&Record::Owner(Owner::Account(account.id))), "{account:?}");
        for undo in &account.undos {
            // An expired one may be removed while its account still lists it.
            if now < undo.over_at {
                assert_eq!(at(&Key::undo(undo.nonce)), Some(&Record::Undo(account.id)), "{undo:?}");
                let held = Owner::Held { by: account.id, undo: undo.nonce, over_at: undo.over_at };
                let owner = at(&Key::owner(&undo.address.canonical()));
                assert_eq!(owner, Some(&Record::Owner(held)), "{undo:?}");
            }
            undos.insert(undo.nonce);
        }
        if let Some(pending) = &account.pending_change {
            let asked = at(&Key::request(pending.nonce));
            let Some(Record::Request(request)) = asked else { panic!("{pending:?} of {asked:?}") };
            assert_eq!(request.address, pending.address);
            assert_eq!(request.requester.map(|requester| requester.id), Some(account.id));
        }
    }
    for record in records.values() {
        match record {
            Record::Owner(Owner::Account(id)) => {
                assert!(at(&Key::account(*id)).is_some(), "an address of no account");
            }
            Record::Owner(Owner::Held { by, undo, .. }) => {
                assert!(at(&Key::account(*by)).is_some() && undos.contains(undo), "reserved for no account");
            }
            Record::Session(session) => {
                let owner = at(&Key::account(session.account)).or(at(&Key::remains(session.account)));
                assert!(owner.is_some(), "a session without an account");
            }
            Record::NewDevice(device) => {
                let owner = at(&Key::account(device.account)).or(at(&Key::remains(device.account)));
                assert!(owner.is_some(), "a sign-in to no account");
            }
            Record::Undo(id) => assert!(at(&Key::account(*id)).is_some(), "an undo without an account"),
            _ => {}
        }
    }
    let addresses = records.values().filter(|it| matches!(it, Record::Owner(Owner::Account(_))));
    assert_eq!(addresses.count(), records.values().filter_map(as_account).count());
}

fn as_account(record: &Record) -> Option<&Account> {
    match record {
        Record::Account(account) => Some(account),
        _ => None,
    }
}
