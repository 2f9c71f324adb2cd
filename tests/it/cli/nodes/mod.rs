//! Several servers on one PostgreSQL, as processes. Each has a data folder of its own; key and mail server are the same.

mod behind_caddy;
mod emails;
mod failover;
mod first_start;
mod keys;
mod people;
mod put_back;
mod refused;

use std::io::Read;
use std::net::SocketAddr;

use rustix::process::Signal;

use super::KEY;
use super::postgres::Site;
use super::serving::Server;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::postgres::Server as Database;
use crate::mail::sink::Sink;

const ANN: &str = "ann@example.org";

/// What all nodes have alike.
struct Street {
    sink: Sink,
    database: &'static Database,
    site: Site,
}

/// A running server, and its data folder.
struct Node {
    site: Site,
    server: Server,
}

impl Street {
    /// An empty schema, and a mail server. Nothing if there is no PostgreSQL.
    async fn new() -> Option<Self> {
        Self::with(Sink::good().await)
    }

    fn with(sink: Sink) -> Option<Self> {
        let database = Database::shared()?;
        let site = Site::made(database)
            .with("GATEPOST_MAIL__TRANSPORT", "smtp")
            .with("GATEPOST_MAIL__SMTP_URL", format!("smtp://127.0.0.1:{}?tls=none", sink.port));
        site.place.put_key(KEY, 0o600);
        Some(Self { sink, database, site })
    }

    /// A data folder that no server has used yet.
    fn plot(&self) -> Site {
        self.site.beside()
    }

    fn node(&self) -> Node {
        Node::at(self.plot())
    }

    /// What SQL returns, with the table of the records in the place of `KV`.
    async fn ask(&self, statement: &str) -> String {
        self.database.ask(&statement.replace("KV", &format!("{}.kv", self.site.schema))).await
    }

    /// Asks until SQL returns true.
    async fn wait_until(&self, statement: &str) {
        self.database.wait_until(&statement.replace("KV", &format!("{}.kv", self.site.schema))).await;
    }

    /// How many records have this prefix.
    async fn records(&self, prefix: &str) -> String {
        let length = prefix.len();
        self.ask(&format!("SELECT count(*) FROM KV WHERE substring(k for {length}) = '{prefix}'")).await
    }

    /// Someone who is signed in at this address.
    async fn signed_in(&self, address: SocketAddr, door: Door) -> Caller {
        let mut ann = Caller::new(door, address);
        assert_eq!(ann.ask(ANN).await, Answer::Done);
        let link = self.sink.letter_to(ANN).await.link();
        assert_eq!(ann.follow(&link).await, Answer::Done);
        ann
    }
}

impl Node {
    fn at(site: Site) -> Self {
        let server = site.serve();
        Self { site, server }
    }

    fn address(&self) -> SocketAddr {
        self.server.address
    }

    fn caller(&self, door: Door) -> Caller {
        Caller::new(door, self.address())
    }

    /// `kill -9`. Returns the data folder.
    fn killed(self) -> Site {
        self.server.signal(Signal::KILL);
        drop(self.server);
        self.site
    }

    /// Waits until it ends by itself, and returns its exit code and the rest of what it said.
    fn ended(mut self) -> (Site, Option<i32>, String) {
        let mut said = String::new();
        self.server.log.read_to_string(&mut said).unwrap();
        let code = self.server.exit_code();
        (self.site, code, said)
    }
}
