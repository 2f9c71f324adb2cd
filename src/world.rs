//! The only reader of the system's clock and randomness. `clippy.toml` refuses any other.

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
}
