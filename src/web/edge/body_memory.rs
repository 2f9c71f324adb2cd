//! How much memory the bodies of requests may take, for all clients together and for each. A limit on their
//! number would not help: thousands of bodies that never end would each hold what has arrived so far.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::Limits;
use super::places::network;

/// What a request takes besides its body while that is not complete: its head, the buffer of its connection, and
/// its place in the program. Without this, bodies of a few bytes each would take many times their share.
const REQUEST_BYTES: usize = 16 * 1024;

/// The bytes that bodies take now.
#[derive(Debug)]
pub(super) struct BodyMemory {
    taken: Mutex<Taken>,
    most: usize,
    most_per_client: usize,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// Has an entry only for clients with a body.
    by_client: HashMap<IpAddr, usize>,
}

/// The bytes of one body, given back when dropped.
pub(super) struct Held {
    memory: Arc<BodyMemory>,
    client: IpAddr,
    bytes: usize,
}

impl BodyMemory {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        let (most, most_per_client) = (limits.all_bodies_bytes, limits.client_bodies_bytes);
        Arc::new(Self { taken: Mutex::default(), most, most_per_client })
    }

    /// Nothing yet, for a body of this client.
    pub(super) fn hold(self: &Arc<Self>, client: IpAddr) -> Held {
        Held { memory: Arc::clone(self), client: network(client), bytes: 0 }
    }
}

impl Held {
    /// Takes memory for bytes that have arrived. What a client says that it will send costs nothing.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let bytes = if self.bytes == 0 { bytes + REQUEST_BYTES } else { bytes };
        let mut taken = self.memory.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let by_client = taken.by_client.get(&self.client).copied().unwrap_or_default() + bytes;
        if taken.all + bytes > self.memory.most || by_client > self.memory.most_per_client {
            return false;
        }
        taken.all += bytes;
        taken.by_client.insert(self.client, by_client);
        self.bytes += bytes;
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut taken = self.memory.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= self.bytes;
        if let Some(count) = taken.by_client.get_mut(&self.client) {
            *count -= self.bytes;
            if *count == 0 {
                taken.by_client.remove(&self.client);
            }
        }
    }
}
