//! Emails that several nodes send, and what becomes of them when one of the nodes dies.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use tokio::sync::watch;

use crate::harness::limits::unlimited;
use crate::harness::street::{BEAT, Node, Street};
use crate::mail::sink::{Act, Security, Seen, Sink, Stage};

/// A street whose mail server holds every email that one node hands over first, until it is released.
async fn held_at(stage: Stage, connections: usize) -> (Street, watch::Sender<bool>) {
    let (release, held) = watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| {
        if moment.stage == stage && moment.connection < connections {
            Act::Hold(held.clone())
        } else {
            Act::Behave
        }
    })
    .await;
    let mut street = Street::with(sink);
    street.settings = unlimited();
    (street, release)
}

async fn ask(node: &Node, count: usize) -> Vec<String> {
    let addresses: Vec<String> = (0..count).map(|number| format!("n{number}@example.org")).collect();
    for address in &addresses {
        let address = EmailAddress::parse(address).unwrap();
        node.house.gatepost.request_sign_in(&address, None, &[], &Client::server()).await.unwrap();
    }
    addresses
}

/// How often each address got an email.
fn counts(street: &Street) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for mail in street.sink.seen().mails {
        *counts.entry(mail.to).or_default() += 1;
    }
    counts
}

/// A node that has twenty emails, four of them on their way to a mail server that does not answer.
async fn with_full_hands(street: &Street) -> (Node, Vec<String>) {
    let one = street.node("a").await;
    let addresses = ask(&one, 20).await;
    let is_on_its_way = |seen: &Seen| seen.moments.iter().filter(|it| it.stage == Stage::Rcpt).count() == 4;
    street.sink.until(is_on_its_way).await;
    street.until(async || street.records("o/c").await.len() == 20).await;
    (one, addresses)
}

/// Whether all of these have got an email.
async fn all_have_one(street: &Street, addresses: &[String]) {
    let mut seen = HashSet::new();
    let all = async {
        while seen.len() < addresses.len() {
            seen.extend(street.sink.seen().mails.into_iter().map(|mail| mail.to));
            tokio::task::yield_now().await;
        }
    };
    let is_all = tokio::time::timeout(Duration::from_secs(20), all).await.is_ok();
    assert!(is_all, "{:?}", counts(street));
}

#[tokio::test]
async fn another_node_sends_what_a_dead_one_was_sending_within_a_minute() {
    let (street, _release) = held_at(Stage::Rcpt, 4).await;
    let (one, addresses) = with_full_hands(&street).await;
    let other = street.node("b").await;
    one.killed();
    // A minute has ten heartbeats. Long before, nothing of it is free.
    street.beats(3, &[&other]).await;
    assert_eq!(street.records("o/c").await.len(), 20, "it is not known yet that it has ended");
    assert!(street.sink.seen().mails.is_empty());
    street.beats(7, &[&other]).await;
    all_have_one(&street, &addresses).await;
    assert!(counts(&street).values().all(|count| *count <= 2), "{:?}", counts(&street));
    street.outbox_empties().await;
}

#[tokio::test]
async fn a_node_that_starts_again_sends_no_email_that_another_one_sends() {
    let (street, _release) = held_at(Stage::Rcpt, 4).await;
    let (one, addresses) = with_full_hands(&street).await;
    let other = street.node("b").await;
    // What it had is free at once: the folder's lock proves that it has ended.
    let again = street.node_at(&one.killed()).await.unwrap();
    street.beats(2, &[&again, &other]).await;
    all_have_one(&street, &addresses).await;
    street.beats(4, &[&again, &other]).await;
    assert!(counts(&street).values().all(|count| *count == 1), "{:?}", counts(&street));
}

#[tokio::test]
async fn emails_queued_at_a_node_that_cannot_send_them_are_sent_by_the_other() {
    let street = Street::new().await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    // Its clock is wrong, so it sends nothing.
    one.plot.clock.set_back(Duration::from_mins(1));
    street.beats(2, &[&one, &other]).await;
    ask(&one, 1).await;
    // The other one may have looked just before.
    street.beats(2, &[&one, &other]).await;
    street.sink.until(|seen| seen.mails.len() == 1).await;
}

#[tokio::test]
async fn an_email_that_the_mail_server_may_have_is_sent_at_most_once_more() {
    let (street, release) = held_at(Stage::Dot, 1).await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    ask(&one, 1).await;
    street.sink.until(|seen| seen.moments.iter().any(|it| it.stage == Stage::Dot)).await;
    one.killed();
    release.send_replace(true);
    // Whether the mail server has it is not known, so it is sent again five minutes after it was found.
    street.beats(70, &[&other]).await;
    street.outbox_empties().await;
    let count = street.sink.seen().mails.len();
    assert!(count == 1 || count == 2, "{count}");
}

#[tokio::test]
async fn an_email_in_the_hands_of_a_node_while_the_database_is_away_is_sent_once() {
    let (street, release) = held_at(Stage::Dot, 1).await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    ask(&one, 1).await;
    street.sink.until(|seen| seen.moments.iter().any(|it| it.stage == Stage::Dot)).await;
    let nodes = [&one, &other];
    for node in nodes {
        node.plot.wire.cut(true);
    }
    release.send_replace(true);
    street.sink.until(|seen| seen.mails.len() == 1).await;
    // Half a minute, in which no heartbeat of either node is written.
    for _ in 0..5 {
        street.database.advance(BEAT);
        for node in nodes {
            node.plot.clock.advance(BEAT);
            node.house.gatepost.heartbeat().await.unwrap_err();
        }
    }
    for node in nodes {
        node.plot.wire.cut(false);
    }
    street.beats(3, &nodes).await;
    street.outbox_empties().await;
    street.beats(65, &nodes).await;
    assert_eq!(street.sink.seen().mails.len(), 1);
}
