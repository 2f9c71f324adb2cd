//! What is stored where several nodes share a store.

use gatepost::domain::record::Record;
use gatepost::domain::record::admins::Admins;
use gatepost::domain::record::ids::{AccountId, KeyId, MoveId, RunId, StoreId};
use gatepost::domain::record::node::{EndedRun, Lease, Node, Profile};
use gatepost::domain::record::state::{Course, Phase, State};
use gatepost::domain::record::time::Timestamp;

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
    vec![
        ("state", state(Phase::Ready)),
        ("state while it is moved", state(Phase::Moving(MoveId([16; 16])))),
        ("state after it was moved", state(moved)),
        ("node", Record::Node(node)),
        ("ended run", Record::EndedRun(EndedRun { at: Timestamp(30) })),
        ("lease", Record::Lease(Lease { run: RunId([5; 8]) })),
        ("admins", Record::Admins(Admins::none().with(&[AccountId([1; 16]), AccountId([2; 16])]))),
        ("admins of an older store", Record::Admins(Admins::begun())),
    ]
}
