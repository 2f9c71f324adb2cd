//! A network that delays what one node sends and receives.

use std::time::Duration;

use super::super::{Node, Street};
use super::PAUSE;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::postgres::{Flow, Proxy};

const PEOPLE: usize = 8;
const PASSWORD: &str = "three quiet otters";
const LIMITS: [&str; 4] = [
    "GATEPOST_LIMITS__MAILS_PER_HOUR",
    "GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR",
    "GATEPOST_LIMITS__TRIES_PER_CLIENT_5M",
    "GATEPOST_LIMITS__TRIES_PER_ADDRESS_15M",
];
/// How long one of them may take in all.
const LONGEST: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, since each message is late: just failovers"]
async fn a_delayed_node_and_another_one_leave_nothing_half_done() {
    let Some(mut street) = Street::new().await else { return };
    for limit in LIMITS {
        street.site = street.site.with(limit, "0");
    }
    let proxy = Proxy::to(street.database.port()).await;
    let url = format!("postgres://gatepost@127.0.0.1:{}/postgres", proxy.port());
    let (slow, other) = (Node::at(street.plot().with("GATEPOST_STORE__URL", url)), street.node());
    proxy.requests(Flow::Delayed);
    proxy.answers(Flow::Delayed);
    let (street, nodes) = (&street, [&slow, &other]);
    let people = (0..PEOPLE).map(|number| live(street, nodes, number));
    let all = tokio::time::timeout(LONGEST, futures_util::future::join_all(people)).await;
    for (ann, address) in all.expect("they are done in time") {
        assert_eq!(ann.at(other.address()).who().await, Some(address));
    }
    proxy.requests(Flow::Passes);
    proxy.answers(Flow::Passes);
    let verified = other.site.answer(&["store", "verify"]);
    assert!(verified.starts_with("The database is intact: "), "{verified}");
    let listed = other.site.answer(&["account", "list", "--json"]);
    assert_eq!(listed.lines().count(), PEOPLE, "{listed}");
}

/// Registers, clicks at both nodes at once, and signs out and in again, until each of it is done.
async fn live(street: &Street, nodes: [&Node; 2], number: usize) -> (Caller, String) {
    let (ann, address) = registered(nodes[number % 2], number).await;
    let link = street.sink.letter_to(&address).await.link();
    let mut there = nodes.map(|node| ann.clone().at(node.address()));
    let is_done = |answer: &Answer| *answer == Answer::Done;
    let clicks = loop {
        let [one, other] = &mut there;
        let (here, there) = tokio::join!(one.follow(&link), other.follow(&link));
        let clicks = [here, there];
        assert!(clicks.iter().all(|it| is_done(it) || it.is_unavailable()), "{clicks:?}");
        if clicks.iter().any(is_done) {
            break clicks;
        }
    };
    let signed_in = &mut there[usize::from(!is_done(&clicks[0]))];
    while signed_in.sign_out().await.is_unavailable() {
        tokio::time::sleep(PAUSE).await;
    }
    let mut ann = nodes[0].caller(Door::Json);
    while ann.sign_in_with_password(&address, PASSWORD).await.is_unavailable() {
        tokio::time::sleep(PAUSE).await;
    }
    (ann, address)
}

/// Someone whose registration was answered: after one that was not, another address is used.
async fn registered(node: &Node, number: usize) -> (Caller, String) {
    let mut ann = node.caller(Door::Json);
    for attempt in 0.. {
        let address = format!("p{number}n{attempt}@example.org");
        if ann.register(&address, PASSWORD).await == Answer::Done {
            return (ann, address);
        }
        tokio::time::sleep(PAUSE).await;
    }
    unreachable!()
}
