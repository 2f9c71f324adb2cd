//! How many connections may be open, for all clients together and for each, and which one ends to make room.
//!
//! Waiting for a free place would let a few clients shut everyone out with connections that say nothing. So a
//! connection is accepted first and then gets a place, if need be that of another one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::Limits;
use super::deadline::Line;

/// The connections that are open. Bounded by the places for all.
pub(super) struct Places {
    open: Mutex<Open>,
    most: usize,
    most_per_client: usize,
}

#[derive(Default)]
struct Open {
    next: u64,
    /// In the order in which they were accepted.
    connections: BTreeMap<u64, Connection>,
    /// How many each client has.
    counts: HashMap<IpAddr, usize>,
}

struct Connection {
    /// None for one of our proxies.
    client: Option<IpAddr>,
    line: Arc<Line>,
    leave: CancellationToken,
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
        Arc::new(Self { open: Mutex::default(), most, most_per_client })
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
        let (line, leave, id) = (Line::new(), CancellationToken::new(), open.next);
        open.next += 1;
        if let Some(client) = client {
            *open.counts.entry(client).or_default() += 1;
        }
        open.connections.insert(id, Connection { client, line: Arc::clone(&line), leave: leave.clone() });
        Some(Place { places: Arc::clone(self), id, line, leave })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn count(&self, client: IpAddr) -> usize {
        self.counts.get(&client).copied().unwrap_or_default()
    }

    /// Ends a connection that has no request received whole, of the client with most connections, the
    /// longest idle first. Never one of a proxy of ours, since every client is behind it.
    fn make_room(&mut self) -> bool {
        let candidates = self.connections.iter().filter_map(|(id, connection)| {
            let client = connection.client.filter(|_| connection.line.is_unasked())?;
            Some((self.count(client), connection.line.lasted_ms(), Reverse(*id)))
        });
        let Some((.., Reverse(id))) = candidates.max() else { return false };
        if let Some(connection) = self.remove(id) {
            connection.leave.cancel();
        }
        true
    }

    fn remove(&mut self, id: u64) -> Option<Connection> {
        let connection = self.connections.remove(&id)?;
        if let Some(client) = connection.client
            && let Some(count) = self.counts.get_mut(&client)
        {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&client);
            }
        }
        Some(connection)
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
