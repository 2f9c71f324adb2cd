//! A key that is changed while all nodes serve.

use std::fs;
use std::net::SocketAddr;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::super::{KEY, refusal};
use super::{ANN, Node, Street};
use crate::harness::caller::{Answer, Caller, Door};

/// Asks at all nodes, again and again, who someone is.
struct Visitor {
    stop: CancellationToken,
    work: JoinHandle<usize>,
}

impl Visitor {
    fn at(caller: &Caller, email: &'static str, nodes: [SocketAddr; 2]) -> Self {
        let (caller, stop) = (caller.clone(), CancellationToken::new());
        let over = stop.clone();
        let work = tokio::spawn(async move {
            let mut visits = 0;
            while !over.is_cancelled() {
                for node in nodes {
                    assert_eq!(caller.clone().at(node).who().await.as_deref(), Some(email));
                    visits += 1;
                }
            }
            visits
        });
        Self { stop, work }
    }

    /// The session was open all the time.
    async fn was_known(self) {
        self.stop.cancel();
        assert!(self.work.await.unwrap() >= 10);
    }
}

impl Node {
    fn key_file(&self) -> String {
        fs::read_to_string(self.site.place.data().join("key")).unwrap()
    }

    /// As an operator copies it.
    fn take_key_of(&self, other: &Self) {
        self.site.place.put_key(&other.key_file(), 0o600);
    }

    /// Runs a command until it is carried out, and returns what it says then. The other nodes may take a few seconds.
    fn at_last(&self, arguments: &[&str]) -> String {
        for _ in 0..1000 {
            let output = self.site.command(arguments);
            if output.status.success() {
                return String::from_utf8(output.stdout).unwrap();
            }
            assert_eq!(output.status.code(), Some(1), "{output:?}");
        }
        panic!("never carried out: {arguments:?}")
    }
}

impl Street {
    async fn joined_by(&self, email: &str, address: SocketAddr) -> Caller {
        let mut caller = Caller::new(Door::Json, address);
        assert_eq!(caller.ask(email).await, Answer::Done);
        let link = self.sink.letter_to(email).await.link();
        assert_eq!(caller.follow(&link).await, Answer::Done);
        caller
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_changed_while_both_nodes_serve_and_every_session_stays_open_at_both() {
    let Some(street) = Street::new().await else { return };
    let (one, other) = (street.node(), street.node());
    let nodes = [one.address(), other.address()];
    let mut ann = street.signed_in(other.address(), Door::Json).await;
    let visitor = Visitor::at(&ann, ANN, nodes);

    // The new key opens, and no node seals with it before all have it.
    let said = one.site.answer(&["key", "rotate"]);
    let new = one.key_file().lines().nth(1).unwrap().to_owned();
    assert!(new.starts_with("gatepost-key-1 2 ") && new.ends_with(" opens"), "{said}");
    assert!(said.starts_with("Key 2 was added to ") && said.contains("/data/key to these servers"), "{said}");
    assert!(!said.contains(new.split(' ').nth(2).unwrap()), "{said}");
    let again = one.site.command(&["key", "rotate"]);
    assert!(refusal(&again).contains("key 2 is not yet at "), "{again:?}");
    assert!(one.site.refused(&["key", "rotate", "--seal"]).contains("key 2 is not yet at "));
    let line = other.site.refused(&["key", "rotate"]);
    assert!(line.contains("copy its key file here first"), "{line}");
    assert!(one.key_file().starts_with(KEY), "it seals with the old one");

    // The other node reads its file by itself.
    other.take_key_of(&one);
    let ready = one.at_last(&["key", "rotate"]);
    assert!(ready.contains("Run `gatepost key rotate --seal`"), "{ready}");
    let sealed = one.site.answer(&["key", "rotate", "--seal"]);
    assert!(sealed.starts_with("Key 2 is used for everything new from now on."), "{sealed}");
    assert!(one.key_file().starts_with("gatepost-key-1 2 "), "the key that seals comes first");
    assert!(one.site.refused(&["key", "rotate", "--seal"]).contains("key 2 seals"));
    let mut bea = street.joined_by("bea@example.org", one.address()).await;
    assert_eq!(bea.clone().at(other.address()).who().await.as_deref(), Some("bea@example.org"));
    visitor.was_known().await;
    let visitor = Visitor::at(&bea, "bea@example.org", nodes);

    // The old key is retired once nothing needs it.
    assert!(
        one.site.refused(&["key", "retire", "1"]).contains("key 1 is still in use: 0 passwords, 1 session")
    );
    assert_eq!(ann.sign_out().await, Answer::Done);
    let line = one.at_last_left(&["key", "retire", "1"]);
    assert!(line.contains("key 1 is retired, and still at ") && line.contains("/data/key"), "{line}");
    assert!(!one.key_file().contains("-1 1 "));
    other.take_key_of(&one);
    let retired = one.at_last(&["key", "retire", "1"]);
    assert!(retired.contains("no other server has it"), "{retired}");
    let cid = street.joined_by("cid@example.org", other.address()).await;
    assert_eq!(cid.at(one.address()).who().await.as_deref(), Some("cid@example.org"));
    visitor.was_known().await;

    // All of it is the same after a restart.
    other.server.stop();
    let other = Node::at(other.site);
    bea = bea.at(other.address());
    assert_eq!(bea.who().await.as_deref(), Some("bea@example.org"));
    one.server.stop();
    other.server.stop();
}

impl Node {
    /// Runs a command until it is refused for another reason than that a node did not have the time to follow.
    fn at_last_left(&self, arguments: &[&str]) -> String {
        for _ in 0..1000 {
            let output = self.site.command(arguments);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if !said.contains("run this again in a few seconds") {
                assert_eq!(output.status.code(), Some(1), "{output:?}");
                return said;
            }
        }
        panic!("never carried out: {arguments:?}")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_beside_the_nodes_knows_who_lacks_a_key_and_who_only_left_a_record() {
    let Some(street) = Street::new().await else { return };
    let (one, other) = (street.node(), street.node());
    let Node { site, server } = one;
    server.stop();
    assert!(site.answer(&["key", "rotate"]).contains("Copy "));
    assert!(site.refused(&["key", "rotate", "--seal"]).contains("key 2 is not yet at "));
    drop(other.killed());
    // It takes the time that a node has to show that it goes on.
    let sealed = site.answer(&["key", "rotate", "--seal"]);
    assert!(sealed.starts_with("Key 2 is used for everything new"), "{sealed}");
    assert!(street.plot().unserved().contains("belongs to a different key (2)"), "it has the old key only");
    Node::at(site).server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_the_environment_are_changed_by_no_command_while_nodes_share_a_database() {
    let Some(street) = Street::new().await else { return };
    let site = street.plot().with("GATEPOST_KEY", KEY.trim());
    fs::remove_file(site.place.data().join("key")).unwrap();
    let node = Node::at(site);
    for command in [&["key", "rotate"][..], &["key", "rotate", "--seal"], &["key", "retire", "1"]] {
        let line = node.site.refused(command);
        assert!(line.contains("GATEPOST_KEY") && line.contains("key_file"), "{line}");
    }
    assert!(node.site.answer(&["key", "list"]).contains('1'));
    node.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_cannot_be_used_is_logged_and_the_keys_stay_as_they_are() {
    let Some(street) = Street::new().await else { return };
    let mut one = street.node();
    let ann = street.signed_in(one.address(), Door::Json).await;
    one.site.place.put_key("gatepost-key-1 1 hunter2\n", 0o600);
    let line =
        super::super::serving::line_with(&mut one.server.log, "the key file was changed and cannot be used");
    assert!(!line.to_string().contains("hunter2"), "{line}");
    assert_eq!(ann.clone().who().await.as_deref(), Some(ANN));
    one.site.place.put_key(KEY, 0o600);
    one.server.stop();
}
