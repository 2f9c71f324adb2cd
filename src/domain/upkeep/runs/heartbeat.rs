//! A run shows the others that it goes on, and finds out whether it may.

use std::time::Duration;

use futures_util::future::{join, try_join3};

use super::RunEnded;
use super::clocks::{compare_clocks, tell};
use super::remembered::Remembered;
use crate::domain::Gatepost;
use crate::domain::ports::{Change, Class, Committed, StoreError, Version, Versioned};
use crate::domain::read::nodes;
use crate::domain::record::Record;
use crate::domain::record::key::Key;
use crate::domain::record::node::Node;
use crate::domain::record::time::Timestamp;
use crate::domain::run::Neighbours;

/// How often a heartbeat is written.
const PERIOD: Duration = Duration::from_secs(5);
/// How soon one that failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Why there was no heartbeat.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeartbeatError {
    /// The run cannot go on.
    #[error(transparent)]
    Ended(#[from] RunEnded),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gatepost {
    /// Writes heartbeats until the run cannot go on. Without neighbours there is nothing to do, ever.
    pub async fn keep_company(&self) -> RunEnded {
        let Some(neighbours) = &self.neighbours else { return std::future::pending().await };
        let mut fails = false;
        loop {
            let pause = if fails { AGAIN } else { self.jittered(PERIOD) };
            tokio::select! {
                () = self.world.clock.sleep(pause) => {}
                () = neighbours.hurried() => {}
            }
            match self.heartbeat().await {
                Ok(()) => fails = false,
                Err(HeartbeatError::Ended(ended)) => return ended,
                Err(HeartbeatError::Store(error)) => {
                    if !fails {
                        tracing::warn!(%error, "cannot show the other nodes that this one goes on");
                    }
                    fails = true;
                }
            }
        }
    }

    /// The settings that all nodes should have alike have this digest from now on. The others learn that with the
    /// next heartbeat.
    pub fn has_settings(&self, digest: [u8; 16]) {
        if let Some(neighbours) = &self.neighbours {
            neighbours.has_settings(digest);
        }
    }

    /// Writes one heartbeat.
    ///
    /// # Errors
    /// Why there was none.
    pub async fn heartbeat(&self) -> Result<(), HeartbeatError> {
        let Some(neighbours) = &self.neighbours else { return Ok(()) };
        let begun_at = self.world.clock.monotonic();
        // If the keys cannot be read, the next heartbeat does that. At once, since each answer may take long.
        let (_, written) = join(self.follow_keys(), self.write_heartbeat(neighbours)).await;
        match &written {
            Ok((counter, _)) => neighbours.acknowledged(*counter, begun_at),
            Err(_) => neighbours.failed(),
        }
        let (counter, at) = written?;
        let ((store, course), run) = (neighbours.joined, neighbours.run);
        let remembered = Remembered { store, course, run, counter, has_left: false, at };
        Ok(remembered.write(&*neighbours.engine).await?)
    }

    /// Returns how often the own record was written by now, and the time.
    async fn write_heartbeat(&self, neighbours: &Neighbours) -> Result<(u64, Timestamp), HeartbeatError> {
        let store = &*neighbours.store;
        let own = [Key::state(), Key::ended_run(neighbours.run), neighbours.key()];
        // The own records are of one moment: whoever declares this run ended removes its record in the same commit.
        let (nodes, found, (at, drift)) =
            try_join3(nodes(store), store.get(&own), compare_clocks(&*neighbours.engine, &self.world))
                .await?;
        neighbours.look(&nodes);
        if neighbours.compared(drift) {
            tell(drift);
        }
        let (Node { counter, .. }, version) = judge(neighbours, found)?;
        let counter = counter + 1;
        let node =
            Node { profile: neighbours.profile(), keys: self.ring.ids(), at: self.world.now(), counter };
        let mut change = Change::of(Class::Heartbeat);
        change.expect(neighbours.key(), Some(version));
        change.put(neighbours.key(), Record::Node(node));
        match store.commit(change).await? {
            Committed::Yes => Ok((counter, at)),
            Committed::Conflict => Err(StoreError::Busy.into()),
        }
    }

    /// The others need not do everything at the same moment.
    pub(in crate::domain) fn jittered(&self, duration: Duration) -> Duration {
        let chance = u32::from(self.world.random::<1>()[0]);
        duration * 9 / 10 + duration / 5 * chance / 255
    }
}

/// Whether the run may go on, by the state of the store, what declares it ended, and its record. Returns the last.
fn judge(neighbours: &Neighbours, found: Vec<Option<Versioned>>) -> Result<(Node, Version), HeartbeatError> {
    let mut found = found.into_iter();
    let (state, ended, own) = (found.next().flatten(), found.next().flatten(), found.next().flatten());
    if ended.is_some() {
        return Err(RunEnded::Declared.into());
    }
    let Some(Record::State(state)) = state.map(|found| found.record) else {
        return Err(RunEnded::PutBack.into());
    };
    state.phase.expect_ready().map_err(RunEnded::from)?;
    if (state.store, state.course) != neighbours.joined {
        return Err(RunEnded::PutBack.into());
    }
    match own.map(|found| (found.record, found.version)) {
        Some((Record::Node(node), version)) if node.counter >= neighbours.own().counter => {
            Ok((node, version))
        }
        _ => Err(RunEnded::PutBack.into()),
    }
}
