//! The runs that share a store, by their records, for those that have not joined and for those that have.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::ports::{Change, Reading, Store, StoreError, Version, World};
use crate::domain::record::Record;
use crate::domain::record::ids::RunId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::node::{EndedRun, Node};
use crate::domain::record::time::Timestamp;

/// How many records are read at once. There are far fewer unless runs end one after the other.
const PAGE: usize = 200;
/// After that, a run that goes on has shown it.
const WATCHED: Duration = Duration::from_secs(25);
/// Between two looks at the runs that are watched.
const LOOK: Duration = Duration::from_millis(500);

/// The records of all runs, with nothing for one that cannot be read.
pub(in crate::domain) type Nodes = Vec<(RunId, Option<(Node, Version)>)>;

/// What came of watching runs.
pub(in crate::domain) enum Watched {
    /// They have ended, and their records have these versions.
    Ended(Vec<(RunId, Version)>),
    /// One of them goes on: the node with this name.
    GoesOn(String),
}

/// The records of all runs that have joined.
pub(in crate::domain) async fn nodes(store: &dyn Store) -> Result<Nodes, StoreError> {
    let mut rest = Span::nodes();
    let mut nodes = Vec::new();
    loop {
        let page = store.scan(&rest, PAGE).await?;
        let is_last = page.len() < PAGE;
        if let Some((last, _)) = page.last() {
            rest = rest.after(last);
        }
        nodes.extend(page.into_iter().filter_map(|(key, reading)| Some((key.node_run()?, node(reading)))));
        if is_last {
            return Ok(nodes);
        }
    }
}

fn node(reading: Reading) -> Option<(Node, Version)> {
    let found = reading.ok()?;
    match found.record {
        Record::Node(node) => Some((node, found.version)),
        _ => None,
    }
}

/// The name by which people know the node of a run.
pub(in crate::domain) fn name_of(run: RunId, node: Option<&(Node, Version)>) -> String {
    node.map_or_else(|| run.to_string(), |(node, _)| node.profile.name.clone())
}

/// Watches the runs that matter until one of them shows that it goes on, or all of them had the time to. For a process
/// that has not joined, and so cannot count its own heartbeats.
pub(in crate::domain) async fn watch(
    store: &dyn Store,
    world: &World,
    matters: impl Fn(RunId, Option<&Node>) -> bool,
) -> Result<Watched, StoreError> {
    let mut first: Option<BTreeMap<RunId, Version>> = None;
    let mut since = world.clock.monotonic();
    loop {
        let mut seen = BTreeMap::new();
        for (run, node) in nodes(store).await? {
            if !matters(run, node.as_ref().map(|(node, _)| node)) {
                continue;
            }
            let version = node.as_ref().map(|(_, version)| *version);
            // Whoever wrote what cannot be read is never taken to have ended.
            let is_known = first.as_ref().is_none_or(|first| first.get(&run).copied() == version);
            match version.filter(|_| is_known) {
                Some(version) => seen.insert(run, version),
                None => return Ok(Watched::GoesOn(name_of(run, node.as_ref()))),
            };
        }
        // While no one can write, it shows nothing that a record stays as it is.
        if store.writable().is_err() {
            since = world.clock.monotonic();
        }
        if seen.is_empty() || world.clock.monotonic().saturating_sub(since) >= WATCHED {
            return Ok(Watched::Ended(seen.into_iter().collect()));
        }
        if first.is_none() {
            tracing::info!(
                nodes = seen.len(),
                "watching for 25 seconds whether nodes still run that have not said that they stopped"
            );
        }
        first.get_or_insert(seen);
        world.clock.sleep(LOOK).await;
    }
}

/// Adds to a change that a run has ended, whose record still has this version.
pub fn put_ended(change: &mut Change, run: RunId, version: Version, at: Timestamp) {
    let (ended, key) = (EndedRun { at }, Key::ended_run(run));
    change.expect(Key::node(run), Some(version));
    change.delete(Key::node(run));
    // In the place of the record that is deleted here. The sweeper removes it after thirty days.
    change.put(Key::expiry(ended.over_at(), &key), Record::Expiry);
    change.put(key, Record::EndedRun(ended));
}
