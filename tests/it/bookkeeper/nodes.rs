//! Counting where two nodes share a database.

use std::time::Duration;

use gatepost::domain::record::node::Errand;

use crate::harness::books::{Books, count_all, counted_again, written};
use crate::harness::caller::Door;
use crate::harness::street::{Node, Street};

async fn books(street: &Street) -> (Books, Books) {
    let all = street.records("").await;
    let pairs = || all.iter().map(|(key, record)| (key, record));
    (written(pairs()), counted_again(pairs()))
}

/// Someone requests an email at this node and follows its link.
async fn signed_in(street: &Street, node: &Node, email: &str) {
    let mut caller = node.caller(Door::Json);
    caller.ask(email).await;
    let letter = street.letter_to(email, &[]).await;
    caller.follow(&letter.link()).await;
}

#[tokio::test]
async fn two_nodes_count_everything_once_and_another_goes_on_when_one_dies() {
    let street = Street::new().await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    street.beats(1, &[&one, &other]).await;
    for number in 0..6 {
        let node = if number % 2 == 0 { &one } else { &other };
        signed_in(&street, node, &format!("ann{number}@example.org")).await;
        street.beats(12, &[&one, &other]).await;
        tokio::join!(count_all(&one.house), count_all(&other.house));
    }
    street.outbox_empties().await;
    assert!(!books(&street).await.0.is_empty());
    let own = one.house.gatepost.has_errand(Errand::Bookkeeping).await.unwrap();
    let (dies, lives) = if own { (one, other) } else { (other, one) };
    dies.killed();
    signed_in(&street, &lives, "last@example.org").await;
    street.outbox_empties().await;
    street.beats(30, &[&lives]).await;
    count_all(&lives.house).await;
    let (written, again) = books(&street).await;
    assert_eq!(written, again);
    let links: u64 = written.iter().filter(|(name, _)| name.ends_with(" link")).map(|(_, sum)| sum).sum();
    assert_eq!(links, 7);
}

#[tokio::test]
async fn a_node_whose_clock_is_wrong_keeps_events_under_the_time_of_the_database() {
    let street = Street::new().await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    street.beats(1, &[&one, &other]).await;
    // Not so far that it would not serve.
    other.plot.clock.set_back(Duration::from_secs(20));
    for number in 0..4 {
        signed_in(&street, &one, &format!("ann{number}@example.org")).await;
        signed_in(&street, &other, &format!("bob{number}@example.org")).await;
        street.beats(9, &[&one, &other]).await;
        tokio::join!(count_all(&one.house), count_all(&other.house));
    }
    street.outbox_empties().await;
    street.beats(30, &[&one, &other]).await;
    tokio::join!(count_all(&one.house), count_all(&other.house));
    let (written, again) = books(&street).await;
    assert_eq!(written, again);
}
