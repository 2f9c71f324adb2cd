//! A hand-over token that another browser, or another host, has tried. Only where several nodes share a store.

use std::time::Duration;

use super::time::Timestamp;

/// How long it is kept: longer than any token works, whatever the clocks say.
const KEPT: Duration = Duration::from_mins(2);

/// That a hand-over token is spent, under its nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UsedToken {
    /// When it was spent.
    pub at: Timestamp,
}

impl UsedToken {
    /// When it is removed.
    #[must_use]
    pub fn over_at(self) -> Timestamp {
        self.at.plus(KEPT)
    }
}
