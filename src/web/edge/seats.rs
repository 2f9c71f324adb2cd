//! How many connections one client may have at once.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// How many seats each client has taken. Has at most one entry per open connection.
pub(super) struct Seats {
    taken: Mutex<HashMap<IpAddr, usize>>,
    most: usize,
}

/// The seat of one connection, freed when dropped.
pub(super) struct Seat {
    seats: Arc<Seats>,
    client: IpAddr,
}

impl Seats {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { taken: Mutex::default(), most })
    }

    /// Takes a seat for this client, unless it has reached its limit.
    pub(super) fn take(self: &Arc<Self>, ip: IpAddr) -> Option<Seat> {
        let client = network(ip);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(client).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Seat { seats: Arc::clone(self), client })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

/// A single IPv6 client usually has a whole /64 and could use a new address for every connection.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seats;

    #[test]
    fn one_ipv6_network_is_one_client() {
        let seats = Seats::new(1);
        let take = |ip: &str| seats.take(ip.parse().expect("the test uses valid addresses"));
        let held = take("2001:db8:0:1::1").expect("the first seat is free");
        assert!(take("2001:db8:0:1:ffff::2").is_none());
        let others = (take("2001:db8:0:2::1"), take("192.0.2.1"), take("192.0.2.2"));
        assert!(others.0.is_some() && others.1.is_some() && others.2.is_some());
        drop(held);
        assert!(take("2001:db8:0:1:ffff::2").is_some());
        assert_eq!(
            seats.taken.lock().expect("no thread panicked").len(),
            3,
            "clients without connections are removed"
        );
    }
}
