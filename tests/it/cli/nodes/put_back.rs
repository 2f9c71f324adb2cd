//! A database that is put back to an earlier state.

use std::process::Command;

use super::super::postgres::Site;
use super::{ANN, Node, Street};
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::postgres::Server as Database;
use crate::mail::sink::TakenMail;

/// A node, and a person at it whose session is in the copy that was made then, and who has signed out since.
async fn copied(street: &Street, one: &Node) -> Caller {
    let mut ann = street.signed_in(one.address(), Door::Json).await;
    street.ask("DROP TABLE IF EXISTS KV_copy; CREATE TABLE KV_copy AS SELECT * FROM KV").await;
    let left = ann.clone();
    assert_eq!(ann.sign_out().await, Answer::Done);
    left
}

async fn put_back(street: &Street) {
    street.ask("BEGIN; TRUNCATE KV; INSERT INTO KV SELECT * FROM KV_copy; COMMIT").await;
}

/// Each node has written since the copy was made, so it can know that there was more.
async fn went_on(street: &Street, nodes: usize) {
    let statement = "SELECT count(*) = COUNT FROM KV AS now JOIN KV_copy AS past USING (k)
        WHERE substring(k for 5) = 'node/' AND now.ver <> past.ver";
    street.wait_until(&statement.replace("COUNT", &nodes.to_string())).await;
}

fn assert_named(said: &str) {
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with("gatepost: ")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].contains("was put back to an earlier state"), "{said}");
    assert!(lines[0].contains("gatepost store verify --accept"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_beneath_running_nodes_ends_them_until_it_is_accepted_once() {
    let Some(street) = Street::new().await else { return };
    let (one, other) = (street.node(), street.node());
    let mut ann = copied(&street, &one).await;
    went_on(&street, 2).await;
    put_back(&street).await;
    let (ended, other_ended) = (one.ended(), other.ended());
    for (_, code, said) in [&ended, &other_ended] {
        assert_eq!(*code, Some(1), "{said}");
        assert_named(said);
    }
    let (one, other) = (ended.0, other_ended.0);
    for site in [&one, &other] {
        assert_named(&site.unserved());
    }
    let accepted = one.answer(&["store", "verify", "--accept"]);
    assert!(accepted.contains("the next start ends all sessions"), "{accepted}");
    let one = Node::at(one);
    ann = ann.at(one.address());
    assert_eq!(ann.who().await, None, "the session of the copy has ended");
    let known = street.sink.letter_to(ANN).await.id();
    let mut ann = one.caller(Door::Json);
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    let is_new = |mail: &TakenMail| mail.id() != known && mail.title().starts_with("Sign in to ");
    let link = street.sink.first(is_new).await.link();
    assert_eq!(ann.follow(&link).await, Answer::Done);
    // The other node needs nothing, and ends no session again.
    let other = Node::at(other);
    for node in [&one, &other] {
        ann = ann.at(node.address());
        assert_eq!(ann.who().await.as_deref(), Some(ANN));
    }
    one.server.stop();
    other.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_put_back_before_a_start_is_not_served() {
    let Some(street) = Street::new().await else { return };
    let one = street.node();
    copied(&street, &one).await;
    went_on(&street, 1).await;
    let Node { site, server } = one;
    server.stop();
    put_back(&street).await;
    assert_named(&site.unserved());
    // A folder that has never been here cannot know.
    site.answer(&["store", "verify", "--accept"]);
    Node::at(site).server.stop();
}

/// Copies everything into another server, as an upgrade to a newer version of it does.
fn copy(street: &Street, from: &Database, to: &Database) {
    let dump = "set -o pipefail; pg_dump \"$1\" -n \"$3\" | psql -X -q -v ON_ERROR_STOP=1 \"$2\"";
    let mut copied = Command::new("bash");
    copied.args(["-c", dump, "bash", &from.url("gatepost"), &to.url("gatepost"), &street.site.schema]);
    let output = copied.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_with_the_same_records_is_used_only_if_they_are_as_the_node_left_them() {
    let Some(street) = Street::new().await else { return };
    let (Some(late), Some(early)) = (Database::start(""), Database::start("")) else { return };
    let one = street.node();
    let mut ann = street.signed_in(one.address(), Door::Json).await;
    copy(&street, street.database, &early);
    one.server.stop();
    copy(&street, street.database, &late);
    let moved = |site: Site, to: &Database| site.with("GATEPOST_STORE__URL", to.url("gatepost"));
    // Made while it ran, so what it did afterwards is missing.
    let site = moved(one.site, &early);
    assert_named(&site.unserved());
    let one = Node::at(moved(site, &late));
    assert!(one.server.started_with("this is another database server than before"));
    ann = ann.at(one.address());
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    one.server.stop();
    // From now on, that is its server.
    let one = Node::at(one.site);
    assert!(!one.server.started_with("this is another database server than before"));
    one.server.stop();
    assert_named(&moved(one.site, street.database).unserved());
}
