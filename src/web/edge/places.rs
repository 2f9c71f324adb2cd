//! How many connections may be open, for all clients together and for each, and which one ends to make room.
//!
//! Waiting for a free place would let a few clients shut everyone out with connections that say nothing. So a
//! connection is accepted first and then gets a place, if need be that of another one.
//!
//! Looking at every connection to find that one would let an attacker who keeps the places full make each
//! accept expensive, and updating an order with each request would make every request expensive. So each
//! connection is listed under the time of its last sign of life that was noticed. Only one that comes up to make
//! room is looked at: if it has shown life since, it is listed again, later.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::Limits;
use super::deadline::{Line, Turns};

/// The connections that are open. Bounded by the places for all.
pub(super) struct Places {
    open: Mutex<Open>,
    turns: Arc<Turns>,
    most: usize,
    most_per_client: usize,
}

#[derive(Default)]
struct Open {
    next: u64,
    connections: HashMap<u64, Connection>,
    clients: HashMap<IpAddr, Crowd>,
    /// The clients with a connection that may end. The last one has most connections and, among equals, the
    /// one that has been idle longest.
    ranks: BTreeSet<(usize, Reverse<u64>, IpAddr)>,
}

struct Connection {
    /// None for one of our proxies.
    client: Option<IpAddr>,
    line: Arc<Line>,
    leave: CancellationToken,
    /// The turn that it is listed under; none while a request is at work, and for one of our proxies.
    listed: Option<u64>,
}

/// The connections of one client.
#[derive(Default)]
struct Crowd {
    count: usize,
    /// Those that may end, by the turn of their last sign of life that was noticed.
    listed: BTreeMap<u64, u64>,
}

/// The place of one connection, freed when dropped.
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
    /// What the connection reports to.
    pub(super) line: Arc<Line>,
    /// Cancelled when another connection needs the place.
    pub(super) leave: CancellationToken,
}

impl Places {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        let (most, most_per_client) = (limits.connections, limits.connections_per_client);
        Arc::new(Self { open: Mutex::default(), turns: Arc::default(), most, most_per_client })
    }

    /// A place for a connection of this client (none for our own proxies, which serve every client and have
    /// no limit), or none if the client has reached its limit or all others are at work.
    pub(super) fn take(self: &Arc<Self>, client: Option<IpAddr>) -> Option<Place> {
        let client = client.map(network);
        let mut open = self.lock();
        if client.is_some_and(|client| open.count(client) >= self.most_per_client) {
            return None;
        }
        // Room is made before the last place is taken, so that a proxy's connection never waits for it.
        if open.connections.len() >= self.most - self.most / 10 {
            let left = open.make_room();
            if !left && open.connections.len() >= self.most {
                return None;
            }
        }
        let (line, leave, id) = (Line::new(&self.turns), CancellationToken::new(), open.next);
        open.next += 1;
        let connection = Connection { client, line: Arc::clone(&line), leave: leave.clone(), listed: None };
        open.connections.insert(id, connection);
        if let Some(client) = client {
            open.change(client, |crowd| crowd.count += 1);
        }
        open.list(id);
        Some(Place { places: Arc::clone(self), id, line, leave })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn count(&self, client: IpAddr) -> usize {
        self.clients.get(&client).map_or(0, |crowd| crowd.count)
    }

    /// Ends a connection that has no request received whole, of the client with most connections, the
    /// longest idle first. Never one of a proxy of ours, since every client is behind it.
    ///
    /// Each further look is paid for by something that the connection it looks at has done.
    fn make_room(&mut self) -> bool {
        while let Some((turn, id)) = self.foremost() {
            let Some(connection) = self.connections.get(&id) else { return false };
            let (is_unasked, since) = (connection.line.is_unasked(), connection.line.since());
            if is_unasked && since == turn {
                if let Some(connection) = self.remove(id) {
                    connection.leave.cancel();
                }
                return true;
            }
            self.unlist(id);
            self.list(id);
        }
        false
    }

    /// The connection that seems to be the next to end, and its turn.
    fn foremost(&self) -> Option<(u64, u64)> {
        let (.., client) = self.ranks.last()?;
        let (turn, id) = self.clients.get(client)?.listed.first_key_value()?;
        Some((*turn, *id))
    }

    /// Lists a connection, unless a request is at work. Then it lists itself when that is done.
    fn list(&mut self, id: u64) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(client) = connection.client.filter(|_| connection.listed.is_none()) else { return };
        // In this order: a request that ends in between either is seen here or sees the mark.
        connection.line.mark_unlisted(true);
        if !connection.line.is_unasked() {
            return;
        }
        connection.line.mark_unlisted(false);
        let turn = connection.line.since();
        connection.listed = Some(turn);
        self.change(client, |crowd| {
            crowd.listed.insert(turn, id);
        });
    }

    fn unlist(&mut self, id: u64) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if let (Some(client), Some(turn)) = (connection.client, connection.listed.take()) {
            self.change(client, |crowd| {
                crowd.listed.remove(&turn);
            });
        }
    }

    fn remove(&mut self, id: u64) -> Option<Connection> {
        self.unlist(id);
        let connection = self.connections.remove(&id)?;
        if let Some(client) = connection.client {
            self.change(client, |crowd| crowd.count -= 1);
        }
        Some(connection)
    }

    /// Changes the connections of a client, and its rank.
    fn change(&mut self, client: IpAddr, act: impl FnOnce(&mut Crowd)) {
        let crowd = self.clients.entry(client).or_default();
        if let Some(rank) = crowd.rank(client) {
            self.ranks.remove(&rank);
        }
        act(crowd);
        if let Some(rank) = crowd.rank(client) {
            self.ranks.insert(rank);
        }
        if crowd.count == 0 {
            self.clients.remove(&client);
        }
    }
}

impl Crowd {
    /// None if no connection of this client may end.
    fn rank(&self, client: IpAddr) -> Option<(usize, Reverse<u64>, IpAddr)> {
        let (turn, _) = self.listed.first_key_value()?;
        Some((self.count, Reverse(*turn), client))
    }
}

impl Place {
    /// Lists the connection again after a request that was at work when room was needed.
    pub(super) fn is_free_again(&self) {
        if self.line.is_unlisted() && self.line.is_unasked() {
            self.places.lock().list(self.id);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().remove(self.id);
    }
}

/// A single IPv6 client usually has a whole /64 and could use a new address for every connection.
pub(super) fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}
