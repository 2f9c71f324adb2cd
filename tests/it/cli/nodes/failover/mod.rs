//! Servers on a primary with two standbys, of which one must have each commit. The servers of the database die, stand
//! still and come back, and the servers of this program go on by themselves.

mod away;
mod clocks;
mod delayed;
mod former_primary;
mod gone;
mod standbys;
mod swallowed;
mod two_primaries;
mod waiting;

use std::time::Duration;

use super::super::KEY;
use super::super::postgres::Site;
use super::Node;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::postgres::{Cluster, Server as Database};
use crate::mail::sink::Sink;

const ANN: &str = "ann@example.org";
/// How long one act may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How long an answer may take on a busy machine.
const IN_TIME: Duration = Duration::from_secs(4);
/// How long it may take until a server sees a change.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// One client asks for more emails than anyone may.
const LIMITS: [&str; 4] = [
    "GATEPOST_LIMITS__MAILS_PER_HOUR",
    "GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR",
    "GATEPOST_LIMITS__MAILS_PER_ADDRESS_15M",
    "GATEPOST_LIMITS__MAILS_PER_ADDRESS_DAY",
];

/// What all nodes have alike.
struct Town {
    cluster: Cluster,
    sink: Sink,
    site: Site,
}

impl Town {
    /// An empty schema, and a mail server. Nothing if there is no PostgreSQL.
    async fn new() -> Option<Self> {
        let (cluster, sink) = (Cluster::start().await?, Sink::good().await);
        let mut site = Site::made(cluster.primary())
            .with("GATEPOST_STORE__URL", cluster.url())
            .with("GATEPOST_STORE__DURABLE", "majority")
            .with("GATEPOST_STORE__TIMEOUT", "2s")
            .with("GATEPOST_MAIL__TRANSPORT", "smtp")
            .with("GATEPOST_MAIL__SMTP_URL", format!("smtp://127.0.0.1:{}?tls=none", sink.port));
        for limit in LIMITS {
            site = site.with(limit, "0");
        }
        site.place.put_key(KEY, 0o600);
        Some(Self { cluster, sink, site })
    }

    fn node(&self) -> Node {
        Node::at(self.site.beside())
    }

    /// What SQL returns at one of the servers, with the table of the records in the place of `KV`.
    async fn ask(&self, server: &Database, statement: &str) -> String {
        server.ask(&statement.replace("KV", &format!("{}.kv", self.site.schema))).await
    }

    /// Someone who has just signed in at a node.
    async fn signed_in(&self, node: &Node, address: &str) -> Caller {
        let mut caller = node.caller(Door::Json);
        assert_eq!(caller.ask(address).await, Answer::Done);
        let link = self.sink.letter_to(address).await.link();
        assert_eq!(caller.follow(&link).await, Answer::Done);
        caller
    }
}

/// Asks a node until its answer has this status and these words. Returns the answer.
async fn says(node: &Node, path: &str, status: u16, words: &str) -> String {
    let mut caller = node.caller(Door::Json);
    let asking = async {
        loop {
            let reply = caller.get(path).await;
            if reply.status == status && reply.body.contains(words) {
                return reply.body;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let said = tokio::time::timeout(PATIENCE, asking).await;
    said.unwrap_or_else(|_| panic!("{path} never says {status} and {words:?}"))
}

/// Asks for an email at a node until it does that.
async fn serves(node: &Node) {
    let asking = async {
        while node.caller(Door::Json).ask("zoe@example.org").await != Answer::Done {
            tokio::time::sleep(PAUSE).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, asking).await.is_ok(), "it does not serve again");
}

/// Checks that a node says in time that it can neither write nor read.
async fn is_away(node: &Node, caller: &mut Caller) {
    let away = Answer::refused(503, "store_unavailable");
    let mut stranger = node.caller(Door::Json);
    let (written, read) = tokio::join!(
        tokio::time::timeout(IN_TIME, stranger.ask("bea@example.org")),
        tokio::time::timeout(IN_TIME, caller.get("/api/session")),
    );
    assert_eq!(written.expect("an answer in time"), away);
    let read = read.expect("an answer in time");
    assert_eq!((read.status.as_u16(), read.header("retry-after")), (503, Some("5")), "{read:?}");
}
