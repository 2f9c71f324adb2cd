//! Removing what is over, in small commits: used and expired requests, passwords that were never
//! confirmed, ended sessions, undos, holds of addresses, and what deleted accounts left.

use crate::domain::upkeep::swept::Swept;
use std::collections::BTreeSet;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;

/// Marks one commit takes: each needs two deletes, and another or a new mark.
const PAGE: usize = 30;

/// When something is over.
enum End {
    At(Timestamp),
    Never,
}

impl Gatepost {
    /// Removes one page of what is over.
    ///
    /// # Errors
    /// `Store`.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let now = self.world.now();
        let marks = self.store.scan(&Span::expired(now), PAGE).await?;
        if marks.is_empty() {
            return self.sweep_remains().await;
        }
        // Several marks can speak of one record: of the registrations of an address, each has its own.
        let keys: BTreeSet<Key> = marks.iter().filter_map(|(mark, _)| mark.expired()).collect();
        let keys: Vec<Key> = keys.into_iter().collect();
        let targets = self.store.get(&keys).await?;
        let mut change = Change::new();
        for (key, found) in keys.into_iter().zip(targets) {
            let Some(found) = found else { continue };
            // A session that was used again, or is used this very moment, lives on.
            change.expect(key.clone(), Some(found.version));
            match self.end_of(&found.record) {
                End::At(later) if later > now => change.put(Key::expiry(later, &key), Record::Expiry),
                End::At(_) => {
                    if let Record::Request(Request { asker: Some(asker), .. }) = &found.record {
                        change.delete(Key::asked(asker.id, &key));
                    }
                    change.delete(key);
                }
                End::Never => {}
            }
        }
        for (mark, _) in &marks {
            change.delete(mark.clone());
        }
        self.store.commit(change).await?;
        Ok(Swept::More)
    }

    /// When a record that is marked is really over.
    fn end_of(&self, record: &Record) -> End {
        match record {
            Record::Request(request) => End::At(request.kept_until()),
            Record::Pending(pending) => End::At(pending.over_at()),
            Record::Session(session) => End::At(self.session_end(session)),
            Record::Owner(owner) => owner.over_at().map_or(End::Never, End::At),
            _ => End::At(Timestamp::default()),
        }
    }

    /// Sleeps for as long as a swept house stays clean enough.
    pub async fn rest_between_sweeps(&self) {
        let now = self.world.now();
        self.world.clock.sleep_until(now.plus(std::time::Duration::from_secs(10))).await;
    }
}
