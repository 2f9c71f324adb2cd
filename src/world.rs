//! The only reader of the system's clock and randomness. `clippy.toml` refuses any other.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;

use crate::domain::ports::{Clock, Entropy, World};
use crate::domain::record::time::Timestamp;

/// The real clock and entropy.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn real() -> World {
    World { clock: Arc::new(SystemClock { began: Instant::now() }), entropy: Arc::new(SystemEntropy) }
}

struct SystemClock {
    began: Instant,
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(since_1970.as_millis().try_into().unwrap_or(u64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.began.elapsed()
    }

    async fn sleep_until(&self, at: Timestamp) {
        // The wall clock may be changed while we sleep, so check it at least once a minute.
        const LONGEST: Duration = Duration::from_mins(1);
        let end = self.monotonic().saturating_add(at.since(self.now()));
        loop {
            let left = at.since(self.now()).min(end.saturating_sub(self.monotonic()));
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LONGEST)).await;
        }
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads randomness")]
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no token is secret, so failing is better than issuing a weak one.
        getrandom::fill(bytes).expect("the operating system provides randomness");
    }

    fn fill_id(&self, bytes: &mut [u8]) {
        STOCK.with_borrow_mut(|stock| bytes.chunks_mut(STOCK_BYTES).for_each(|part| stock.take(part)));
    }
}

/// Random bytes for ids. Asking the operating system for each id would take longer than some whole requests do.
///
/// One for each thread, so that no thread waits for another. No process is ever forked from this one, so no two
/// have the same stock. A copy of a whole virtual machine does have it, and gives the same few ids: nothing rests
/// on an id of this kind, so the keys and all that is secret are never taken from here.
struct Stock {
    bytes: [u8; STOCK_BYTES],
    /// How many of them are still unused.
    left: usize,
}

/// As many as the operating system gives at once, without being interrupted.
const STOCK_BYTES: usize = 256;

thread_local! {
    static STOCK: RefCell<Stock> = const { RefCell::new(Stock { bytes: [0; STOCK_BYTES], left: 0 }) };
}

impl Stock {
    fn take(&mut self, bytes: &mut [u8]) {
        if bytes.len() > self.left {
            SystemEntropy.fill(&mut self.bytes);
            self.left = STOCK_BYTES;
        }
        let given = &mut self.bytes[self.left - bytes.len()..self.left];
        bytes.copy_from_slice(given);
        given.fill(0);
        self.left -= bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{STOCK, STOCK_BYTES, real};

    #[test]
    fn ids_never_share_random_bytes_and_leave_none_behind() {
        let world = real();
        let mut seen = BTreeSet::new();
        for _ in 0..1_000 {
            let long: [u8; 16] = world.random_id();
            let (one, two) = long.split_at(8);
            let parts = [one, two, &world.random_id::<8>()].map(<[u8]>::to_vec);
            assert!(parts.into_iter().all(|part| seen.insert(part)));
            STOCK.with_borrow(|stock| assert!(stock.bytes[stock.left..].iter().all(|byte| *byte == 0)));
        }
        let longest: [u8; 2 * STOCK_BYTES] = world.random_id();
        assert_ne!(longest[..STOCK_BYTES], longest[STOCK_BYTES..]);
    }
}
