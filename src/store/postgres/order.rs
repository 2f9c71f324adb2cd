//! A change as the commit function takes it.

use crate::domain::ports::{Version, World};
use crate::store::CodedChange;

/// Keys and versions in pairs of lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    pub(super) expected_keys: Vec<Vec<u8>>,
    pub(super) expected: Vec<Option<i64>>,
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) values: Vec<Option<Vec<u8>>>,
}

impl Order {
    /// Nothing if its expectations cannot all hold: a key is expected twice, with different versions, or with a version
    /// that this engine never gave.
    pub(super) fn of(change: CodedChange) -> Option<Self> {
        let mut order = Self::default();
        for (key, version) in change.expectations {
            let expected = match version {
                Some(Version(version)) => Some(i64::try_from(version).ok()?),
                None => None,
            };
            match order.expected_keys.iter().position(|known| known == key.as_bytes()) {
                // The function looks at the first one only.
                Some(place) if order.expected[place] != expected => return None,
                Some(_) => {}
                None => {
                    order.expected_keys.push(key.as_bytes().to_vec());
                    order.expected.push(expected);
                }
            }
        }
        for (key, value) in change.writes {
            order.keys.push(key.as_bytes().to_vec());
            order.values.push(value);
        }
        Some(order)
    }
}

/// A new version: random, because a counter would give a key an old version again once it was deleted and rewritten,
/// and every act would have to wait for a sequence.
pub(super) fn version(world: &World) -> i64 {
    let random = i64::from_be_bytes(world.random_id()) & i64::MAX;
    random.max(1)
}

/// A new receipt. It begins with the server's time in seconds, so that old ones are neighbours.
pub(super) fn receipt(server_now: i64, world: &World) -> [u8; 16] {
    let mut receipt = [0; 16];
    receipt[..4].copy_from_slice(&seconds(server_now));
    receipt[4..].copy_from_slice(&world.random_id::<12>());
    receipt
}

/// The beginning of the receipts that are made at a time of the server.
pub(super) fn seconds(server_now: i64) -> [u8; 4] {
    u32::try_from(server_now / 1_000_000).unwrap_or(u32::MAX).to_be_bytes()
}
