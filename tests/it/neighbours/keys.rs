//! A key that seals only once every node that may still run can open what it seals.

use gatepost::domain::operator::Refusal;
use gatepost::domain::record::ids::KeyId;
use gatepost::domain::token::key_lines::with_opening;
use gatepost::domain::upkeep::OpenError;

use super::acts::signed_in;
use crate::harness::caller::Door;
use crate::harness::street::Street;

const NEW: KeyId = KeyId(2);

#[tokio::test]
async fn a_key_does_not_seal_while_a_node_that_may_still_run_lacks_it() {
    let mut street = Street::new().await;
    let old = street.keys.clone();
    street.keys = with_opening(&old, NEW, &street.world()).to_string();
    let one = street.node("a").await;
    street.keys.clone_from(&old);
    let other = street.node("b").await;
    street.beats(2, &[&one, &other]).await;
    let lists: Vec<_> = street.nodes().await.into_iter().map(|(_, node)| node.keys).collect();
    assert!(lists.contains(&vec![KeyId(1), NEW]) && lists.contains(&vec![KeyId(1)]), "{lists:?}");
    let gatepost = one.house.gatepost.clone();
    let lacks = |refused| match refused {
        Err(Refusal::NodesLackKey(2, names)) => assert!(names.starts_with("b (run "), "{names}"),
        other => panic!("{other:?}"),
    };
    lacks(gatepost.seal_with_key(NEW).await);
    let plot = other.killed();
    street.beats(3, &[&one]).await;
    lacks(gatepost.seal_with_key(NEW).await);
    street.beats(3, &[&one]).await;
    assert_eq!(gatepost.seal_with_key(NEW).await, Ok(()));
    assert_eq!(gatepost.sealing_key(), NEW);
    assert_eq!(street.names().await, ["a"]);
    // It would have to have the key.
    let started = street.node_at(&plot).await;
    assert_eq!(started.err(), Some(OpenError::WrongKey { id: 2 }));
}

#[tokio::test]
async fn every_node_seals_with_a_key_once_the_store_knows_it_and_drops_one_that_is_retired() {
    let mut street = Street::new().await;
    street.keys = with_opening(&street.keys, NEW, &street.world()).to_string();
    let (one, other) = (street.node("a").await, street.node("b").await);
    street.beats(1, &[&one, &other]).await;
    one.house.gatepost.seal_with_key(NEW).await.unwrap();
    assert_eq!(other.house.gatepost.sealing_key(), KeyId(1));
    let seals = one.house.gatepost.retire_key(KeyId(1)).await;
    assert_eq!(seals, Ok(()), "what refuses this is asked before");
    assert!(matches!(one.house.gatepost.refuse_if_sealing(KeyId(1)).await, Err(Refusal::NodesSeal(1, _))));
    street.beats(1, &[&one, &other]).await;
    assert_eq!(other.house.gatepost.sealing_key(), NEW);
    assert!(!other.house.gatepost.has_key(KeyId(1)));
    street.beats(1, &[&one, &other]).await;
    assert_eq!(one.house.gatepost.refuse_if_sealing(KeyId(1)).await, Ok(()));
    let ann = signed_in(&street, &other, Door::Json).await;
    assert!(ann.at(one.server).who().await.is_some());
    // A file in which the key still only opens is not taken for another order.
    let late = street.node("c").await;
    assert_eq!(late.house.gatepost.sealing_key(), NEW);
}
