//! What people do at one node and then at another.

use std::time::Duration;

use gatepost::domain::record::Record;

use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::street::{Node, Street};

both_doors! {
    who_registers_at_one_node_and_confirms_at_the_other_is_signed_in_at_both,
    fifty_clicks_on_one_link_at_two_nodes_make_one_session_and_one_account,
    who_signs_out_at_one_node_is_refused_by_the_other_at_once,
    an_address_confirmed_at_both_nodes_at_once_gets_one_account,
    wrong_codes_are_counted_over_both_nodes,
    emails_to_an_address_are_counted_over_both_nodes,
}

const ANN: &str = "ann@example.org";

/// Two nodes.
async fn two() -> (Street, Node, Node) {
    let street = Street::new().await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    (street, one, other)
}

async fn accounts(street: &Street) -> usize {
    street.records("a/").await.into_iter().filter(|(_, it)| matches!(it, Record::Account(_))).count()
}

async fn who_registers_at_one_node_and_confirms_at_the_other_is_signed_in_at_both(door: Door) {
    let (street, one, other) = two().await;
    let mut ann = one.caller(door);
    assert_eq!(ann.register(ANN, "three quiet otters").await, Answer::Done);
    let letter = street.letter_to(ANN, &[]).await;
    let mut ann = ann.at(other.server);
    assert_eq!(ann.follow(&letter.link()).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert_eq!(ann.at(one.server).who().await.as_deref(), Some(ANN));
    assert_eq!(accounts(&street).await, 1);
    // The password was hashed at one node, and is right at both.
    for node in [&one, &other] {
        assert_eq!(node.caller(door).sign_in_with_password(ANN, "three quiet otters").await, Answer::Done);
    }
}

async fn fifty_clicks_on_one_link_at_two_nodes_make_one_session_and_one_account(door: Door) {
    let (street, one, other) = two().await;
    let mut ann = one.caller(door);
    ann.ask(ANN).await;
    let letter = street.letter_to(ANN, &[]).await;
    let clicks = (0..50).map(|number| {
        let (link, ann) = (letter.link(), ann.clone());
        let mut ann = ann.at(if number % 2 == 0 { one.server } else { other.server });
        tokio::spawn(async move { (ann.follow(&link).await, ann) })
    });
    let clicks: Vec<_> = clicks.collect();
    for click in clicks {
        let (answer, mut ann) = click.await.unwrap();
        assert_eq!(answer, Answer::Done);
        assert_eq!(ann.who().await.as_deref(), Some(ANN));
    }
    assert_eq!((street.records("s/").await.len(), accounts(&street).await), (1, 1));
}

async fn who_signs_out_at_one_node_is_refused_by_the_other_at_once(door: Door) {
    let (street, one, other) = two().await;
    let mut ann = signed_in(&street, &one, door).await;
    let mut ann_there = ann.clone().at(other.server);
    assert!(ann_there.who().await.is_some());
    ann.sign_out().await;
    assert_eq!(ann_there.who().await, None);
}

async fn an_address_confirmed_at_both_nodes_at_once_gets_one_account(door: Door) {
    let (street, one, other) = two().await;
    let (mut here, mut there) = (one.caller(door), other.caller(door));
    here.ask(ANN).await;
    let first = street.letter_to(ANN, &[]).await;
    there.ask(ANN).await;
    let second = street.letter_to(ANN, std::slice::from_ref(&first)).await;
    // Each at the node that did not send it.
    let (mut here, mut there) = (here.at(other.server), there.at(one.server));
    let (one_link, other_link) = (first.link(), second.link());
    let answers = tokio::join!(here.follow(&one_link), there.follow(&other_link));
    let done = [answers.0, answers.1].into_iter().filter(|answer| *answer == Answer::Done).count();
    assert!(done >= 1);
    assert_eq!(accounts(&street).await, 1);
    assert_eq!(street.records("e/").await.len(), 1);
}

async fn wrong_codes_are_counted_over_both_nodes(door: Door) {
    let (street, one, other) = two().await;
    let mut ann = one.caller(door);
    ann.ask(ANN).await;
    let code = street.letter_to(ANN, &[]).await.code().unwrap();
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    for number in 0..5 {
        ann = ann.at(if number % 2 == 0 { one.server } else { other.server });
        let answer = ann.type_code(&wrong).await;
        assert_eq!(answer, Answer::refused_field(422, "wrong_code", "code"));
    }
    for node in [&one, &other] {
        ann = ann.at(node.server);
        assert_eq!(ann.type_code(&code).await, Answer::refused(410, "invalid_request"));
    }
}

async fn emails_to_an_address_are_counted_over_both_nodes(door: Door) {
    let (street, one, other) = two().await;
    let mut seen = Vec::new();
    for node in [&one, &other, &one] {
        assert_eq!(node.caller(door).ask(ANN).await, Answer::Done);
        seen.push(street.letter_to(ANN, &seen).await);
        street.beats(6, &[&one, &other]).await;
    }
    for node in [&one, &other] {
        assert_eq!(node.caller(door).ask(ANN).await.code(), "too_many_mails");
    }
    assert_eq!(street.sink.count_to(ANN), 3);
    let quarter_of_an_hour = Duration::from_mins(15).as_millis() / crate::harness::street::BEAT.as_millis();
    street.beats(usize::try_from(quarter_of_an_hour).unwrap(), &[&one, &other]).await;
    assert_eq!(other.caller(door).ask(ANN).await, Answer::Done);
}

/// Someone signed in at a node.
pub(super) async fn signed_in(street: &Street, node: &Node, door: Door) -> Caller {
    let mut ann = node.caller(door);
    ann.ask(ANN).await;
    let letter = street.letter_to(ANN, &[]).await;
    assert_eq!(ann.follow(&letter.link()).await, Answer::Done);
    ann
}
