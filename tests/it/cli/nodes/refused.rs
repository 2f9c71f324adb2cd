//! Nodes that may not serve beside the others, and one that only causes a warning.

use std::fs;
use std::time::{Duration, Instant};

use super::super::KEY;
use super::super::postgres::Site;
use super::super::serving::line_with;
use super::{Node, Street};
use crate::harness::postgres::Server as Database;

const OTHER_KEY: &str = "gatepost-key-1 1 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_another_key_is_refused_and_the_others_go_on() {
    let Some(street) = Street::new().await else { return };
    let one = street.node();
    let other = street.plot();
    other.place.put_key(OTHER_KEY, 0o600);
    assert!(other.unserved().contains("this database belongs to a different key"));
    fs::remove_file(other.place.data().join("key")).unwrap();
    assert!(other.unserved().contains("the key for this database is missing"));
    street.wait_until("SELECT count(*) = 1 FROM KV WHERE substring(k for 5) = 'node/'").await;
    one.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_is_for_one_node_which_starts_again_at_once() {
    let Some(mut street) = Street::new().await else { return };
    let smtp = street.plot();
    street.site = street.site.with("GATEPOST_MAIL__TRANSPORT", "mailbox");
    let one = street.node();
    for other in [&street.plot(), &smtp] {
        let line = other.unserved();
        assert!(line.contains("mail.transport = mailbox works with one node only"), "{line}");
    }
    // Its own folder knows that it has ended.
    let one = Node::at(one.killed());
    one.server.stop();
    // It has told the others that it stopped.
    let one = Node::at(street.plot());
    one.server.stop();
    assert_eq!(street.records("node/").await, "0");
    let one = Node::at(smtp);
    assert!(street.plot().unserved().contains("mail.transport = mailbox"));
    one.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "processes show that they go on in real time")]
async fn a_node_that_shows_emails_waits_for_one_whose_folder_is_gone_and_no_longer() {
    let Some(mut street) = Street::new().await else { return };
    street.site = street.site.with("GATEPOST_MAIL__TRANSPORT", "mailbox");
    drop(street.node().killed());
    assert_eq!(street.records("node/").await, "1");
    let one = street.node();
    let end = "SELECT count(*) = 1 FROM KV WHERE substring(k for 5) = 'gone/'";
    street.wait_until(end).await;
    let begun = Instant::now();
    assert!(street.plot().unserved().contains("mail.transport = mailbox works with one node only"));
    assert!(begun.elapsed() < Duration::from_secs(15), "as soon as the other one shows that it goes on");
    one.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_other_settings_serves_and_the_others_warn() {
    let Some(street) = Street::new().await else { return };
    let mut one = street.node();
    let other = Node::at(street.plot().with("GATEPOST_LIMITS__MAILS_PER_HOUR", "7"));
    let line = line_with(&mut one.server.log, "another node has other settings");
    assert_eq!(line["level"], "WARN", "{line}");
    let listen = one.address().to_string();
    let doctor = one.site.command(&["doctor", "--listen", &listen, "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let found: Vec<_> =
        told["findings"].as_array().unwrap().iter().filter(|it| it["check"] == "nodes").collect();
    let message = |index: usize| found[index]["message"].as_str().unwrap();
    assert_eq!((&found[0]["status"], &found[1]["status"]), (&"ok".into(), &"warning".into()), "{told}");
    assert!(message(0).starts_with("this database is shared with "), "{told}");
    assert!(
        message(1).ends_with("has other settings than this one; all nodes should have the same"),
        "{told}"
    );
    one.server.stop();
    other.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_warns_at_its_start_if_the_database_has_too_few_connections_for_all() {
    let Some(database) = Database::start("max_connections = 40\n") else { return };
    let site = Site::made(&database).with("GATEPOST_STORE__CONNECTIONS", "20");
    site.place.put_key(KEY, 0o600);
    let site = site
        .with("GATEPOST_MAIL__TRANSPORT", "smtp")
        .with("GATEPOST_MAIL__SMTP_URL", "smtp://127.0.0.1:9?tls=none");
    let warning = "the nodes may need more connections than the database has";
    let one = Node::at(site.beside());
    assert!(!one.server.started_with(warning));
    let other = Node::at(site.beside());
    assert!(other.server.started_with(warning));
    one.server.stop();
    other.server.stop();
}
