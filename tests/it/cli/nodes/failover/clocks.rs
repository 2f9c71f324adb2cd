//! Nodes on machines whose clocks are wrong.

use std::process::Command;

use super::super::super::serving::Server;
use super::super::{ANN, Node, Street};
use super::says;
use crate::harness::caller::{Answer, Door};
use crate::harness::installed::is_installed;
use crate::harness::postgres::MOVED_CLOCKS;

/// A node whose clock is moved. Only the one that tells the time of day.
fn node_at(street: &Street, moved: &str) -> Node {
    let site = street.plot();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command.env_clear().envs(site.variables()).env("LD_PRELOAD", MOVED_CLOCKS).env("FAKETIME", moved);
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let server = Server::start_as(command, &site.place.data());
    Node { site, server }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_whose_clocks_are_apart_send_no_email_twice_and_remove_nothing_early() {
    if !is_installed(MOVED_CLOCKS) {
        return;
    }
    let Some(street) = Street::new().await else { return };
    let (ahead, behind) = (node_at(&street, "+25s"), node_at(&street, "-25s"));
    let far = [node_at(&street, "+40d"), node_at(&street, "-40d")];
    let nodes = [&ahead, &behind];
    for (number, node) in nodes.into_iter().enumerate() {
        let address = format!("p{number}@example.org");
        let mut person = node.caller(Door::Json);
        assert_eq!(person.ask(&address).await, Answer::Done);
        let link = street.sink.letter_to(&address).await.link();
        let mut person = person.at(nodes[1 - number].address());
        assert_eq!(person.follow(&link).await, Answer::Done);
        assert_eq!(person.at(node.address()).who().await, Some(address));
    }
    let mut ann = ahead.caller(Door::Json);
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    let link = street.sink.letter_to(ANN).await.link();
    for node in &far {
        // Those two do nothing that depends on the time for others, however often they look.
        let why = says(node, "/readyz", 503, "the clock of this machine says").await;
        assert!(why.contains("that of the database"), "{why}");
    }
    let leases = "SELECT count(*) FROM KV WHERE substring(k for 6) = 'lease/'";
    street.wait_until(&format!("SELECT ({leases}) > 0")).await;
    let mut ann = ann.at(behind.address());
    assert_eq!(ann.follow(&link).await, Answer::Done);
    street.wait_until("SELECT count(*) = 0 FROM KV WHERE substring(k for 2) = 'o/'").await;
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    for address in ["p0@example.org", "p1@example.org", ANN] {
        assert_eq!(street.sink.count_to(address), 1, "{address}");
    }
    for node in [ahead, behind] {
        node.server.stop();
    }
}
