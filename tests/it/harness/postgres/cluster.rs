//! A primary and two standbys, of which one must have a commit before it is acknowledged.

use std::time::Instant;

use gatepost::store::postgres::Host;

use super::Server;

/// What all of them have in their configuration: whichever is promoted waits for a standby too. A program that makes a
/// copy is none.
const LINES: &str = "synchronous_standby_names = 'ANY 1 (walreceiver)'\nwal_retrieve_retry_interval = 100ms\nwal_keep_size = 256MB\n";

/// Three servers, of which the test promotes one when the primary is gone.
pub(crate) struct Cluster {
    servers: Vec<Server>,
    primary: usize,
}

impl Cluster {
    /// Nothing if there is no PostgreSQL.
    pub(crate) async fn start() -> Option<Self> {
        let primary = Server::start(LINES)?;
        let standbys = std::thread::scope(|scope| {
            [(); 2].map(|()| scope.spawn(|| primary.standby(LINES))).map(|standby| standby.join().unwrap())
        });
        let [one, other] = standbys;
        let cluster = Self { servers: vec![primary, one, other], primary: 0 };
        cluster.has_standbys(2).await;
        Some(cluster)
    }

    pub(crate) fn primary(&self) -> &Server {
        &self.servers[self.primary]
    }

    /// All of them. The first one was the first primary.
    pub(crate) fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// Those that are not the primary, running or not.
    pub(crate) fn others(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter().enumerate().filter(|(at, _)| *at != self.primary).map(|(_, server)| server)
    }

    /// All of them in one setting, the first primary first.
    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> =
            self.servers.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect();
        format!("postgres://gatepost@{}/postgres", hosts.join(","))
    }

    /// The same for a store in this process.
    pub(crate) fn hosts(&self) -> Vec<Host> {
        self.servers.iter().map(Server::host).collect()
    }

    /// Waits until this many standbys follow the primary.
    pub(crate) async fn has_standbys(&self, count: usize) {
        let follow = "SELECT count(*) = COUNT FROM pg_stat_replication
            WHERE state = 'streaming' AND sync_state = 'quorum'";
        self.primary().wait_until(&follow.replace("COUNT", &count.to_string())).await;
    }

    /// Makes the primary of the standby that has received most, as an operator does once the former one is gone. The other
    /// one follows it. Returns when the promotion began.
    #[expect(clippy::disallowed_methods, reason = "servers begin in real time")]
    pub(crate) async fn promote(&mut self) -> Instant {
        let mut received = Vec::new();
        for at in (0..self.servers.len()).filter(|at| *at != self.primary) {
            let server = &self.servers[at];
            server.wait_until("SELECT count(*) = 0 FROM pg_stat_wal_receiver").await;
            let far = "SELECT greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'";
            received.push((server.ask(far).await.parse::<u64>().unwrap(), at));
        }
        received.sort_unstable();
        let [(_, other), (_, best)] = received[..] else { panic!("there are two standbys: {received:?}") };
        self.primary = best;
        self.servers[other].follow(self.primary()).await;
        let begun = Instant::now();
        self.primary().promote().await;
        begun
    }

    /// Promotes both standbys, as no one should. The second one counts as the primary.
    pub(crate) async fn promote_both(&mut self) {
        for standby in self.others() {
            standby.promote().await;
        }
        self.primary = self.servers.len() - 1;
    }

    /// Makes standbys of the primary again of all that are not, with a copy of what it has now.
    pub(crate) async fn is_whole_again(&self) {
        for server in self.others() {
            if !server.runs() || server.ask("SELECT pg_is_in_recovery()").await != "t" {
                server.copy(self.primary()).await;
            }
        }
        self.has_standbys(2).await;
    }
}
