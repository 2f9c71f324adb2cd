//! What this run knows about the others that share its store, and whether it may go on.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::domain::ports::{Clock, Membership, SharedEngine, Store, StoreError, Version};
use crate::domain::record::drift::{Apart, Drift};
use crate::domain::record::ids::{RunId, StoreId};
use crate::domain::record::key::Key;
use crate::domain::record::node::{Node, Profile};
use crate::domain::record::state::Course;
use crate::domain::record::watch::{Ended, Watch};

/// How old the last acknowledged heartbeat may be. Less than it takes the others to find that a run has ended.
const FRESH: Duration = Duration::from_secs(15);

/// The others, and this run among them.
pub(in crate::domain) struct Neighbours {
    pub(in crate::domain) run: RunId,
    /// The store itself, for heartbeats: they are written even if nothing else may be.
    pub(in crate::domain) store: Arc<dyn Store>,
    pub(in crate::domain) engine: Arc<dyn SharedEngine>,
    pub(in crate::domain) timeout: Duration,
    /// Which store it joined, and the course of that.
    pub(in crate::domain) joined: (StoreId, Course),
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
    hurry: Notify,
}

struct Known {
    profile: Profile,
    watch: Watch<Version>,
    own: Own,
    drift: Drift,
    /// The other runs that have a record, with nothing for one that cannot be read.
    others: Vec<(RunId, Option<Profile>)>,
    /// The runs with other settings.
    unlike: BTreeSet<RunId>,
}

/// The own record, as it was last seen or written.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct Own {
    pub(in crate::domain) counter: u64,
    /// When the last acknowledged heartbeat began.
    pub(in crate::domain) begun_at: Duration,
}

impl Neighbours {
    /// The run joined at `begun_at`, and has seen these records.
    pub(in crate::domain) fn new(
        run: RunId,
        (store, clock): (Arc<dyn Store>, Arc<dyn Clock>),
        membership: Membership,
        joined: (StoreId, Course),
        begun_at: Duration,
    ) -> Self {
        let Membership { engine, profile, timeout } = membership;
        let own = Own { counter: 0, begun_at };
        let (watch, drift, unlike) = (Watch::new(run), Drift::default(), BTreeSet::new());
        let known = Mutex::new(Known { profile, watch, own, drift, others: Vec::new(), unlike });
        Self { run, store, engine, timeout, joined, clock, known, hurry: Notify::new() }
    }

    /// The next heartbeat has something to say that the others should know soon.
    pub(in crate::domain) fn hurry(&self) {
        self.hurry.notify_one();
    }

    /// Returns once the next heartbeat should be written at once.
    pub(in crate::domain) async fn hurried(&self) {
        self.hurry.notified().await;
    }

    /// Whether a run has ended.
    pub(in crate::domain) fn ended(&self, run: RunId) -> Option<Ended<Version>> {
        self.known().watch.ended(run)
    }

    /// Those that have ended at least this long ago and still have a record.
    pub(in crate::domain) fn ended_for(&self, long: Duration) -> Vec<(RunId, Version)> {
        self.known().watch.ended_for(long, self.clock.monotonic())
    }

    /// Takes in the records of all runs, with nothing for one that cannot be read.
    pub(in crate::domain) fn look(&self, nodes: &[(RunId, Option<(Node, Version)>)]) {
        let now = self.clock.monotonic();
        let seen = nodes.iter().map(|(run, node)| (*run, node.as_ref().map(|(_, version)| *version)));
        let mut known = self.known();
        known.watch.look(seen, now);
        let unlike: Vec<(RunId, &str)> = nodes
            .iter()
            .filter_map(|(run, node)| Some((*run, &node.as_ref()?.0.profile)))
            .filter(|(_, profile)| profile.settings != known.profile.settings)
            .map(|(run, profile)| (run, profile.name.as_str()))
            .collect();
        for (run, node) in &unlike {
            if known.watch.ended(*run).is_none() && !known.unlike.contains(run) {
                tracing::warn!(node, "another node has other settings; all should have the same");
            }
        }
        known.unlike = unlike.into_iter().map(|(run, _)| run).collect();
        let others = nodes.iter().filter(|(run, _)| *run != self.run);
        let profile = |node: &Option<(Node, Version)>| node.as_ref().map(|(node, _)| node.profile.clone());
        known.others = others.map(|(run, node)| (*run, profile(node))).collect();
    }

    pub(in crate::domain) fn own(&self) -> Own {
        self.known().own
    }

    /// A heartbeat that began at `begun_at` was acknowledged.
    pub(in crate::domain) fn acknowledged(&self, counter: u64, begun_at: Duration) {
        let mut known = self.known();
        known.own = Own { counter, begun_at };
        known.watch.acknowledged();
    }

    /// A heartbeat failed, or it is not known what came of it.
    pub(in crate::domain) fn failed(&self) {
        self.known().watch.failed();
    }

    /// What this node tells the others about itself.
    pub(in crate::domain) fn profile(&self) -> Profile {
        self.known().profile.clone()
    }

    /// The digest of the settings is this one from now on. The next heartbeat says so.
    pub(in crate::domain) fn has_settings(&self, digest: [u8; 16]) {
        self.known().profile.settings = digest;
    }

    /// Takes in how far the clocks are apart. Returns whether that is another case than before.
    pub(in crate::domain) fn compared(&self, drift: Drift) -> bool {
        let before = std::mem::replace(&mut self.known().drift, drift);
        before.differs(drift)
    }

    /// The other runs that have a record, with nothing for one that cannot be read.
    pub(in crate::domain) fn others(&self) -> Vec<(RunId, Option<Profile>)> {
        self.known().others.clone()
    }

    /// Both clocks, if they are not near each other.
    pub(in crate::domain) fn apart(&self) -> Option<Apart> {
        self.known().drift.apart()
    }

    /// Both clocks, if this node's is too far from that of the database.
    pub(in crate::domain) fn too_far(&self) -> Option<Apart> {
        self.known().drift.too_far()
    }

    /// Refuses if the others may think that this run has ended. It has to find out first what happened meanwhile.
    pub(in crate::domain) fn may_write(&self) -> Result<(), StoreError> {
        let age = self.clock.monotonic().saturating_sub(self.own().begun_at);
        if age <= FRESH {
            return Ok(());
        }
        let age = age.as_secs();
        Err(StoreError::Refused(format!("this node was last confirmed by the database {age} s ago")))
    }

    /// Refuses if this node is not ready for people.
    pub(in crate::domain) fn is_ready(&self) -> Result<(), StoreError> {
        self.may_write()?;
        self.too_far().map_or(Ok(()), |Apart { own, engine }| {
            let reason = format!("the clock of this machine says {own}, that of the database {engine}");
            Err(StoreError::Refused(reason))
        })
    }

    /// The key of the own record.
    pub(in crate::domain) fn key(&self) -> Key {
        Key::node(self.run)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
