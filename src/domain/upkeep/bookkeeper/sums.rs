//! Removing old sums.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class};
use crate::domain::record::key::{Key, Span};
use crate::domain::record::sums::{Day, Sum};
use crate::domain::record::time::Timestamp;
use crate::domain::upkeep::Swept;

/// How many sums one commit removes.
const PAGE: usize = Change::MAX_WRITES;

impl Gatepost {
    /// Removes one page of sums that are older than two years. They are in the order of time, so none needs a mark.
    pub(in crate::domain::upkeep) async fn sweep_sums(&self, now: Timestamp) -> Result<Swept, Error> {
        let today = Day::of(now);
        let days = Span::sums_of_days(Day::default(), today);
        let weeks = Span::sums_of_weeks(Day::default().week(), today.week());
        for span in [days, weeks] {
            let is_old = |key: &Key| key.summed().is_some_and(|sum: Sum| sum.kept_until() <= now);
            let page = self.store.scan(&span, PAGE).await?;
            let mut change = Change::of(Class::Shrink);
            for (key, _) in page {
                if !is_old(&key) {
                    break;
                }
                change.delete(key);
            }
            if !change.writes.is_empty() {
                self.store.commit(change).await?;
                return Ok(Swept::More);
            }
        }
        Ok(Swept::All)
    }
}
