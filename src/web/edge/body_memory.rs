//! How much memory the bodies of requests may take, for all clients together and for each. A limit on their
//! number would not help: thousands of bodies that never end would each hold what has arrived so far.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Limits;
use super::places::network;

/// What a request takes besides its body while that is not complete. Its head, the buffers of its connection and
/// its place in the program are 20 to 30 KiB; the rest is for requests that are refused for lack of memory: they
/// take 5 KiB each until the client has read why, and there can be thousands.
const REQUEST_BYTES: usize = 96 * 1024;

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
pub(super) struct Held<'a> {
    memory: &'a BodyMemory,
    client: IpAddr,
    bytes: usize,
    /// What its request takes besides.
    besides: usize,
}

impl BodyMemory {
    pub(super) fn new(limits: &Limits) -> Self {
        let (most, most_per_client) = (limits.all_bodies_bytes, limits.client_bodies_bytes);
        Self { taken: Mutex::default(), most, most_per_client }
    }

    /// Nothing yet, for a body of this client.
    pub(super) fn hold(&self, client: IpAddr) -> Held<'_> {
        Held { memory: self, client: network(client), bytes: 0, besides: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    /// Takes memory for bytes that have arrived, the last ones or not. What a client says that it will send costs
    /// nothing, and a body that arrives in one piece costs only its bytes.
    pub(super) fn grow(&mut self, bytes: usize, is_whole: bool) -> bool {
        let besides = if is_whole { 0 } else { REQUEST_BYTES };
        let (needed, held) = (bytes + besides, self.besides);
        let mut taken = self.memory.lock();
        let all = taken.all + needed - held;
        let by_client = taken.by_client.get(&self.client).copied().unwrap_or_default() + needed - held;
        if all > self.memory.most || by_client > self.memory.most_per_client {
            return false;
        }
        taken.all = all;
        taken.by_client.insert(self.client, by_client);
        drop(taken);
        self.bytes += bytes;
        self.besides = besides;
        true
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut taken = self.memory.lock();
        taken.all -= self.bytes + self.besides;
        if let Some(count) = taken.by_client.get_mut(&self.client) {
            *count -= self.bytes + self.besides;
            if *count == 0 {
                taken.by_client.remove(&self.client);
            }
        }
    }
}
