//! What is stored where several nodes share a store, and keys for programs.

use std::net::Ipv4Addr;

use gatepost::domain::record::Record;
use gatepost::domain::record::account_places::{AccountLists, ListedAccount};
use gatepost::domain::record::admins::Admins;
use gatepost::domain::record::app_key::{AppKey, AppKeyPlace, KeyName, KeyUse};
use gatepost::domain::record::ids::{AccountId, AppKeyId, KeyId, MoveId, Nonce, RunId, SessionId, StoreId};
use gatepost::domain::record::node::{EndedRun, Lease, Node, Profile};
use gatepost::domain::record::state::{Course, Phase, State};
use gatepost::domain::record::store_generation::StoreGeneration;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::record::used::UsedToken;

pub(super) fn records() -> Vec<(&'static str, Record)> {
    let state = |phase| {
        let course = Course { number: 300, mark: [14; 8] };
        Record::State(State { store: StoreId([13; 16]), course, floor: 1, phase })
    };
    let profile = Profile {
        name: "a".into(),
        version: "1.0.0".into(),
        formats: 1..=2,
        settings: [15; 16],
        shows_emails: true,
    };
    let to = "postgres://db1/gatepost".into();
    let moved = Phase::Moved { id: MoveId([16; 16]), to, at: Timestamp(31) };
    let node = Node { profile, keys: vec![KeyId(1), KeyId(2)], at: Timestamp(29), counter: 300 };
    let last_use = KeyUse { at: Timestamp(34), ip: Ipv4Addr::new(192, 0, 2, 7).into() };
    vec![
        ("state", state(Phase::Ready)),
        ("state while it is moved", state(Phase::Moving(MoveId([16; 16])))),
        ("state after it was moved", state(moved)),
        ("node", Record::Node(node)),
        ("ended run", Record::EndedRun(EndedRun { at: Timestamp(30) })),
        ("lease", Record::Lease(Lease { run: RunId([5; 8]) })),
        ("admins", Record::Admins(Admins::none().with(&[AccountId([1; 16]), AccountId([2; 16])]))),
        ("used token", Record::UsedToken(UsedToken { at: Timestamp(32) })),
        ("key for a program", Record::AppKey(app_key(None))),
        ("key for a program that was used", Record::AppKey(app_key(Some(last_use)))),
        (
            "place of a key",
            Record::AppKeyPlace(AppKeyPlace { account: AccountId([1; 16]), id: AppKeyId([17; 12]) }),
        ),
        ("admins of an older store", Record::Admins(Admins::begun())),
        ("account in a list", Record::ListedAccount(ListedAccount(AccountId([1; 16])))),
        ("lists of accounts", Record::AccountLists(AccountLists::Whole)),
        (
            "lists of accounts that are made",
            Record::AccountLists(AccountLists::Adding(Some(AccountId([1; 16])))),
        ),
        ("lists of accounts of an older store", Record::AccountLists(AccountLists::Removing)),
    ]
}

fn app_key(last_use: Option<KeyUse>) -> AppKey {
    AppKey {
        id: AppKeyId([17; 12]),
        account: AccountId([1; 16]),
        nonce: Nonce([18; 12]),
        key: KeyId(1),
        name: KeyName::parse("My phone").unwrap(),
        host: "wiki.example.org".into(),
        epoch: 2,
        store_generation: StoreGeneration(1),
        made_in: SessionId([19; 16]),
        made_at: Timestamp(33),
        expires_at: last_use.is_none().then_some(Timestamp(35)),
        last_use,
    }
}
