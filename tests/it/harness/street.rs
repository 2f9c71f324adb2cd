//! Several servers over one store, in this process. Each has a clock and a side file of its own; the database has a
//! clock too. Emails go to one mail server.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::ports::{Change, Company, Entropy, Membership, Store, World};
use gatepost::domain::record::Record;
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::record::node::{Node as NodeRecord, Profile};
use gatepost::domain::token::KeyRing;
use gatepost::domain::upkeep::{OpenError, RunEnded, make_room};
use gatepost::mail::{SmtpServer, SmtpSettings, TransportSettings};
use gatepost::store::codec::FORMATS;
use gatepost::store::memory::MemoryStore;
use gatepost::web::House;

use super::caller::{Caller, Door};
use super::running::{Work, open_with};
use super::wire::{Side, Wire};
use super::world::{SeededEntropy, TestClock};
use crate::mail::sink::{Sink, TakenMail};

/// Longer than the longest time between two heartbeats, shorter than twice the shortest.
pub(crate) const BEAT: Duration = Duration::from_millis(5_600);

/// A store, and what all its servers have alike.
pub(crate) struct Street {
    /// As the test itself reads and writes it.
    pub(crate) store: Arc<MemoryStore>,
    /// The clock of the database.
    pub(crate) database: Arc<TestClock>,
    pub(crate) keys: String,
    pub(crate) settings: Settings,
    pub(crate) sink: Sink,
    entropy: Arc<dyn Entropy>,
}

/// What one node keeps while it is stopped.
pub(crate) struct Plot {
    side: Arc<Side>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) wire: Arc<Wire>,
    pub(crate) profile: Mutex<Profile>,
}

/// A running server.
pub(crate) struct Node {
    pub(crate) plot: Arc<Plot>,
    pub(crate) server: SocketAddr,
    pub(crate) house: House,
    pub(crate) work: Work,
}

impl Street {
    pub(crate) async fn new() -> Self {
        Self::with(Sink::good().await)
    }

    /// With this mail server.
    pub(crate) fn with(sink: Sink) -> Self {
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::default());
        let database = Arc::new(TestClock::default());
        let world = World { clock: database.clone(), entropy: entropy.clone() };
        let keys = KeyRing::generate(&world);
        let (store, settings) = (Arc::new(MemoryStore::new()), Settings::default());
        Self { store, database, keys, settings, sink, entropy }
    }

    /// What all worlds have: the database's clock, and entropy that no two draw the same from.
    pub(crate) fn world(&self) -> World {
        World { clock: self.database.clone(), entropy: self.entropy.clone() }
    }

    /// A place for a node that has never been here.
    pub(crate) fn plot(&self, name: &str) -> Arc<Plot> {
        let wire = Arc::new(Wire::to(self.store.clone()));
        let profile = Profile {
            name: name.into(),
            version: "1.0.0".into(),
            formats: FORMATS,
            settings: [1; 16],
            shows_emails: false,
        };
        let side = Arc::new(Side::new(self.database.clone(), wire.clone()));
        Arc::new(Plot { side, clock: Arc::default(), wire, profile: Mutex::new(profile) })
    }

    /// A new node.
    pub(crate) async fn node(&self, name: &str) -> Node {
        self.node_at(&self.plot(name)).await.unwrap()
    }

    /// A node that may have been here before.
    pub(crate) async fn node_at(&self, plot: &Arc<Plot>) -> Result<Node, OpenError> {
        let world = World { clock: plot.clock.clone(), entropy: self.entropy.clone() };
        let server = SmtpServer::parse(&format!("smtp://127.0.0.1:{}?tls=none", self.sink.port)).unwrap();
        let transport = TransportSettings::Smtp(SmtpSettings { server, trusted: vec![] });
        let (settings, wire) = (self.settings.clone(), plot.wire.clone());
        let (server, house, work) =
            open_with(plot.company(), (wire, world), transport, settings, &self.keys, "/").await?;
        let node = Node { plot: plot.clone(), server, house, work };
        // Its first heartbeat is due after it has begun to run.
        node.caller(Door::Pages).get("/healthz").await;
        Ok(node)
    }

    /// As a node does before it joins.
    pub(crate) async fn make_room(&self, plot: &Plot) -> Result<(), OpenError> {
        let Company::Shared(member) = plot.company() else { panic!("it has company") };
        let world = World { clock: plot.clock.clone(), entropy: self.entropy.clone() };
        make_room(&*plot.wire, &world, &member).await
    }

    /// Lets time pass for the database and for these nodes until each of them has written as many heartbeats.
    pub(crate) async fn beats(&self, count: usize, nodes: &[&Node]) {
        for _ in 0..count {
            let mut before = Vec::new();
            for node in nodes {
                before.push(self.counter_of(node).await);
            }
            self.database.advance(BEAT);
            for node in nodes {
                node.plot.clock.advance(BEAT);
            }
            let all = async {
                for (node, before) in nodes.iter().zip(before) {
                    while self.counter_of(node).await == before {
                        tokio::task::yield_now().await;
                    }
                }
            };
            tokio::time::timeout(Duration::from_secs(20), all).await.expect("all write a heartbeat");
        }
    }

    /// Lets time pass as `beats` does until this is so: a node's other work may come after its heartbeat.
    pub(crate) async fn beats_until(&self, nodes: &[&Node], so: impl AsyncFn() -> bool) {
        let until = async {
            while !so().await {
                self.beats(1, nodes).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), until).await.expect("it is so in time");
    }

    /// How often the record of a node's run was written.
    async fn counter_of(&self, node: &Node) -> u64 {
        let name = node.plot.profile.lock().unwrap().name.clone();
        let nodes = self.nodes().await.into_iter().filter(|(_, node)| node.profile.name == name);
        nodes.map(|(_, node)| node.counter).max().unwrap_or_default()
    }

    /// The records of all runs.
    pub(crate) async fn nodes(&self) -> Vec<(Key, NodeRecord)> {
        let nodes = self.store.scan(&Span::nodes(), 100).await.unwrap().into_iter();
        let nodes = nodes.filter_map(|(key, found)| match found.unwrap().record {
            Record::Node(node) => Some((key, node)),
            _ => None,
        });
        nodes.collect()
    }

    /// The names of all runs that have joined.
    pub(crate) async fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.nodes().await.into_iter().map(|(_, node)| node.profile.name).collect();
        names.sort();
        names
    }

    /// All records with this beginning.
    pub(crate) async fn records(&self, prefix: &str) -> Vec<(Key, Record)> {
        let all = self.store.scan(&Span::records(), 10_000).await.unwrap().into_iter();
        let all = all.map(|(key, found)| (key, found.unwrap().record));
        all.filter(|(key, _)| key.as_bytes().starts_with(prefix.as_bytes())).collect()
    }

    /// All records as they are now, in a store of their own.
    pub(crate) async fn copied(&self) -> Arc<MemoryStore> {
        let copy = Arc::new(MemoryStore::new());
        for (key, record) in self.records("").await {
            let mut change = Change::new();
            change.put(key, record);
            copy.commit(change).await.unwrap();
        }
        copy
    }

    /// Returns once no email is queued.
    pub(crate) async fn outbox_empties(&self) {
        self.until(async || self.records("o/").await.is_empty()).await;
    }

    /// Returns once this is so. Fails the test if that takes too long.
    pub(crate) async fn until(&self, so: impl AsyncFn() -> bool) {
        let until = async {
            while !so().await {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), until).await.expect("it is so in time");
    }

    /// The next email to an address that is not among these.
    pub(crate) async fn letter_to(&self, email: &str, but: &[TakenMail]) -> TakenMail {
        let is_new = |mail: &TakenMail| mail.to == email && but.iter().all(|other| other.id() != mail.id());
        let seen = self.sink.until(|seen| seen.mails.iter().any(is_new)).await;
        seen.mails.into_iter().find(is_new).unwrap()
    }
}

impl Plot {
    /// As a node that starts here says who else uses the store.
    pub(crate) fn company(&self) -> Company {
        Company::Shared(Box::new(Membership {
            engine: self.side.clone(),
            profile: self.profile.lock().unwrap().clone(),
            timeout: Duration::from_secs(5),
        }))
    }

    /// The database was copied into another server while this node was stopped, and everything leads there.
    pub(crate) fn lead_to_another_server(&self, store: Arc<MemoryStore>) {
        self.wire.lead_to(store);
        self.side.is_in_another_server();
    }

    /// A copy of its folder, as someone makes who clones a machine.
    pub(crate) fn cloned(&self, street: &Street, name: &str) -> Arc<Self> {
        let plot = street.plot(name);
        plot.side.copy(&self.side);
        plot
    }
}

impl Node {
    /// A browser or program that has never been here.
    pub(crate) fn caller(&self, door: Door) -> Caller {
        Caller::new(door, self.server)
    }

    /// Ends as with `kill -9`: without leaving.
    pub(crate) fn killed(self) -> Arc<Plot> {
        self.plot
    }

    /// Ends as with SIGTERM.
    pub(crate) async fn stopped(mut self) -> Arc<Plot> {
        self.work.ended().await;
        self.plot.clone()
    }

    /// Waits until it ends by itself, and returns why.
    pub(crate) async fn ended(mut self) -> RunEnded {
        tokio::time::timeout(Duration::from_secs(20), self.work.ended_by_itself()).await.expect("it ends")
    }

    /// What it answers to a balancer: the first line, and the rest.
    pub(crate) async fn readiness(&self) -> (u16, String) {
        let reply = self.caller(Door::Pages).get("/readyz").await;
        (reply.status.as_u16(), reply.body)
    }
}
