//! What actions cost the store. A stranger learns nothing from the response time: whoever an address
//! belongs to, every action reads and writes equally often. No key makes strangers wait for each other, and
//! a change expects whatever its action has read.

mod acts;
mod growth;
mod store;
mod uses;

use std::collections::BTreeSet;

use gatepost::domain::record::key::Key;

use self::acts::{Desk, Owner};
use self::store::Step;

#[tokio::test]
async fn every_action_costs_the_store_the_same_whoever_the_address_belongs_to() {
    let costs = async |owner| {
        let acts = Desk::new().await.acts_at("ann@example.org", owner).await;
        let cost = |(act, steps): (_, Vec<Step>)| (act, steps.iter().map(Step::cost).collect::<Vec<_>>());
        acts.into_iter().map(cost).collect::<Vec<_>>()
    };
    let unknown = costs(Owner::NoOne).await;
    for owner in [Owner::Account, Owner::AccountWithPassword, Owner::Held, Owner::Deleted] {
        assert_eq!(costs(owner).await, unknown, "{owner:?}");
    }
}

/// The reads before the commit.
fn reads(steps: &[Step]) -> usize {
    steps.iter().take_while(|step| !matches!(step, Step::Commit { .. })).count()
}

#[tokio::test]
async fn a_sign_in_with_a_password_takes_three_reads_one_after_the_other() {
    for owner in [Owner::NoOne, Owner::Account, Owner::AccountWithPassword, Owner::Held, Owner::Deleted] {
        let acts = Desk::new().await.acts_at("ann@example.org", owner).await;
        let (_, steps) = acts.into_iter().find(|(act, _)| *act == "a wrong password").unwrap();
        assert_eq!(reads(&steps), 3, "{owner:?}: {steps:?}");
    }
    let desk = Desk::new().await;
    let steps = desk.right_password("ann@example.org").await;
    // Who the address belongs to and what is registered there are read at the same time.
    assert_eq!((reads(&steps), desk.store.most_under_way()), (4, 2), "{steps:?}");
}

#[tokio::test]
async fn actions_at_different_addresses_share_no_key() {
    for owner in [Owner::NoOne, Owner::Account, Owner::AccountWithPassword, Owner::Held, Owner::Deleted] {
        let desk = Desk::new().await;
        let mut keys = Vec::new();
        for address in ["ann@example.org", "bob@example.org"] {
            let steps = desk.acts_at(address, owner).await.into_iter().flat_map(|(_, steps)| steps);
            let touched = steps.flat_map(|step| match step {
                Step::Commit { expected, written } => [expected, written].concat(),
                Step::Get(_) | Step::Scan => vec![],
            });
            keys.push(touched.collect::<BTreeSet<Key>>());
        }
        assert_eq!(keys[0].intersection(&keys[1]).collect::<Vec<_>>(), Vec::<&Key>::new(), "{owner:?}");
    }
}

#[tokio::test]
async fn a_change_expects_every_record_that_its_action_has_read() {
    let no_account = Key::from_bytes([&b"a/"[..], &[0; 16]].concat());
    let no_request = Key::from_bytes([&b"r/"[..], &[0; 12]].concat());
    // What a password check computes is no part of what it decides.
    let workload = Key::workload();
    let desk = Desk::new().await;
    let mut acts = desk.acts_at("ann@example.org", Owner::NoOne).await;
    acts.extend(desk.acts_at("bob@example.org", Owner::AccountWithPassword).await);
    acts.extend(Box::pin(desk.acts_of_an_account("carol@example.org")).await);
    for (act, steps) in acts {
        let expected: Vec<&Key> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Commit { expected, .. } => Some(expected),
                Step::Get(_) | Step::Scan => None,
            })
            .flatten()
            .collect();
        // A refused password changes nothing.
        if expected.is_empty() || act.contains("password") {
            continue;
        }
        let read = steps.iter().filter_map(|step| match step {
            Step::Get(keys) => Some(keys),
            Step::Scan | Step::Commit { .. } => None,
        });
        // Which account an undo belongs to never changes.
        let can_change = |key: &&Key| {
            !key.as_bytes().starts_with(b"u/") && ![&no_account, &no_request, &workload].contains(key)
        };
        // Ending all others only looks whether there is anything to end. It would end the same a moment later.
        let is_a_look = |key: &&Key| {
            let mut kinds = [b"l/", b"r/"].into_iter();
            act == "ending all other sessions" && kinds.any(|kind| key.as_bytes().starts_with(kind))
        };
        for key in read.flatten().filter(can_change).filter(|key| !is_a_look(key)) {
            assert!(expected.contains(&key), "{act}: {key:?}");
        }
    }
}
