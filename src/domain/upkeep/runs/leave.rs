//! A run leaves the others.

use super::remembered::Remembered;
use crate::domain::ports::{Change, Class, Committed, StoreError};
use crate::domain::read::put_ended;
use crate::domain::{Gatepost, MAX_ATTEMPTS};

impl Gatepost {
    /// Says that this run has ended, so that the others take what it left at once. Work that was given up may
    /// still be written after that, if what it expects is as it was.
    ///
    /// # Errors
    /// Then the others find out by themselves.
    pub async fn leave(&self) -> Result<(), StoreError> {
        let Some(neighbours) = &self.neighbours else { return Ok(()) };
        let at = neighbours.engine.time().await?.unwrap_or_else(|| self.world.now());
        for attempt in 0..MAX_ATTEMPTS {
            self.pause(attempt).await;
            let found = neighbours.store.get(&[neighbours.key()]).await?.pop().flatten();
            let Some(found) = found else { break };
            let mut change = Change::of(Class::Shrink);
            put_ended(&mut change, neighbours.run, found.version, at);
            match neighbours.store.commit(change).await {
                Ok(Committed::Yes) => break,
                Ok(Committed::Conflict) | Err(StoreError::InDoubt(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let ((store, course), run, counter) = (neighbours.joined, neighbours.run, neighbours.own().counter);
        let remembered = Remembered { store, course, run, counter, has_left: true, at };
        remembered.write(&*neighbours.engine).await
    }
}
