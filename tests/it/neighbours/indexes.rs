//! The list of administrators where several nodes share a database of an earlier version: it is made once, and only when
//! no node of an earlier version is left that would not keep it up.

use gatepost::domain::error::Error;
use gatepost::domain::operator::{Refusal, Role};
use gatepost::domain::ports::{Change, Store};
use gatepost::domain::record::Record;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::admins::Admins;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::key::Key;
use gatepost::domain::record::node::Errand;
use gatepost::domain::upkeep::{Indexed, OpenError, RunEnded};

use crate::harness::street::{Node, Street};

const ANN: &str = "ann@example.org";

/// The database as an earlier version would have it.
async fn aged(street: &Street) {
    let mut change = Change::new();
    change.delete(Key::admins());
    let found = street.store.get(&[Key::state()]).await.unwrap().pop().flatten().unwrap();
    let Record::State(mut state) = found.record else { panic!("it has a state") };
    state.floor = 1;
    change.put(Key::state(), Record::State(state));
    street.store.commit(change).await.unwrap();
}

async fn admins(street: &Street) -> Option<Admins> {
    let found = street.store.get(&[Key::admins()]).await.unwrap().pop().flatten()?;
    match found.record {
        Record::Admins(admins) => Some(admins),
        record => panic!("{record:?}"),
    }
}

async fn floor(street: &Street) -> u8 {
    match street.store.get(&[Key::state()]).await.unwrap().pop().flatten().unwrap().record {
        Record::State(state) => state.floor,
        record => panic!("{record:?}"),
    }
}

/// A street with a node of this version, and one of the version before. There is one administrator.
async fn mixed() -> (Street, Node, Node) {
    let street = Street::new().await;
    let one = street.node("a").await;
    let ann = EmailAddress::parse(ANN).unwrap();
    one.house.gatepost.add_account(&ann, Role::Admin, &Client::server()).await.unwrap();
    aged(&street).await;
    let plot = street.plot("b");
    plot.profile.lock().unwrap().formats = 1..=1;
    let old = street.node_at(&plot).await.unwrap();
    (street, one, old)
}

async fn revoked(node: &Node) -> Refusal {
    let ann = EmailAddress::parse(ANN).unwrap();
    node.house.gatepost.set_role(&ann, Role::Member, &Client::server()).await.unwrap_err()
}

async fn made(street: &Street, node: &Node) {
    street.until(async || node.house.gatepost.make_indexes().await == Ok(Indexed::All)).await;
    assert_eq!(admins(street).await.map(|admins| (admins.is_whole(), admins.count())), Some((true, 1)));
    assert_eq!(floor(street).await, 2);
    assert_eq!(revoked(node).await, Refusal::House(Error::LastAdmin));
}

#[tokio::test]
async fn a_new_database_is_not_for_nodes_of_earlier_versions() {
    let street = Street::new().await;
    let one = street.node("a").await;
    assert_eq!((admins(&street).await, floor(&street).await), (Some(Admins::none()), 2));
    assert_eq!(one.house.gatepost.make_indexes().await, Ok(Indexed::All));
    assert!(street.records("lease/index").await.is_empty(), "there was nothing to do");
    let plot = street.plot("b");
    plot.profile.lock().unwrap().formats = 1..=1;
    let refused = street.node_at(&plot).await.err();
    assert_eq!(refused, Some(OpenError::from(RunEnded::NewerFormat(2))));
}

#[tokio::test]
async fn administrators_are_looked_for_once_the_last_node_of_an_earlier_version_has_stopped() {
    let (street, one, old) = mixed().await;
    street.beats(6, &[&one, &old]).await;
    assert_eq!(one.house.gatepost.make_indexes().await, Ok(Indexed::NotYet));
    assert_eq!((admins(&street).await, floor(&street).await), (None, 1));
    assert_eq!(revoked(&one).await, Refusal::House(Error::IndexBuilding));
    let plot = old.stopped().await;
    street.beats(1, &[&one]).await;
    made(&street, &one).await;
    let refused = street.node_at(&plot).await.err();
    assert_eq!(refused, Some(OpenError::from(RunEnded::NewerFormat(2))));
}

#[tokio::test]
async fn a_node_of_an_earlier_version_that_was_killed_is_waited_for_and_cannot_go_on() {
    let (street, one, old) = mixed().await;
    street.beats(1, &[&one, &old]).await;
    let (frozen, plot) = (old.house.gatepost.clone(), old.killed());
    assert_eq!(one.house.gatepost.make_indexes().await, Ok(Indexed::NotYet));
    // Half a minute has five heartbeats.
    street.beats(5, &[&one]).await;
    made(&street, &one).await;
    assert!(frozen.heartbeat().await.is_err(), "it was not dead after all, and finds that it has ended");
    drop(plot);
}

#[tokio::test]
async fn one_node_at_a_time_looks_for_the_administrators() {
    let (street, one, old) = mixed().await;
    old.stopped().await;
    street.beats(1, &[&one]).await;
    street.until(async || one.house.gatepost.has_errand(Errand::Index).await.unwrap()).await;
    let other = street.node("c").await;
    assert_eq!(other.house.gatepost.make_indexes().await, Ok(Indexed::NotYet));
    assert_eq!(admins(&street).await, None);
    made(&street, &one).await;
    assert_eq!(other.house.gatepost.make_indexes().await, Ok(Indexed::All));
}
