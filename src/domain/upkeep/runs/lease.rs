//! Work that one run at a time does for all.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class, Committed};
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::key::Key;
use crate::domain::record::node::{Errand, Lease};
use crate::domain::record::watch::Ended;

impl Gatepost {
    /// Whether this run does this work in this round. It takes it if no one does, or whoever did has ended. Two that
    /// do it at once do no harm, since each writes only what depends on what it read.
    ///
    /// # Errors
    /// `Store`.
    pub async fn has_errand(&self, errand: Errand) -> Result<bool, Error> {
        let Some(neighbours) = &self.neighbours else { return Ok(true) };
        let found: Found<Lease> = self.find(Key::lease(errand)).await?;
        let mut change = Change::of(Class::Shrink);
        if neighbours.too_far().is_some() {
            // Someone else does it until the clock is right.
            if found.value.is_some_and(|lease| lease.run == self.run) {
                found.expected_by(&mut change);
                change.delete(found.key);
                self.store.commit(change).await?;
            }
            return Ok(false);
        }
        match found.value {
            Some(lease) if lease.run == self.run => return Ok(true),
            Some(lease) => {
                let Some(Ended(version)) = neighbours.ended(lease.run) else { return Ok(false) };
                // If it goes on after all, its next heartbeat and this change exclude each other.
                change.expect(Key::node(lease.run), version);
            }
            None => {}
        }
        found.expected_by(&mut change);
        // One for each kind of work.
        change.put(found.key, Record::Lease(Lease { run: self.run }));
        Ok(self.store.commit(change).await? == Committed::Yes)
    }
}
