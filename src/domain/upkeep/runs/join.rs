//! A run joins the others.
//!
//! Its record is written in one commit with the state of the store, so a command that still finds the state with which
//! it began knows that no run has joined meanwhile. If the store is new, the same commit makes the state.
//!
//! What this node remembers proves that the store was not put back: its last run must still have its record, written
//! at least as often as this node knows, or be among those that have ended. The same commit ends it. The lock of the
//! data folder proves that it has ended, so what it left is free at once.

use std::sync::Arc;
use std::time::Duration;

use super::RunEnded;
use super::clocks::{compare_clocks, tell};
use super::remembered::Remembered;
use super::room::refuse_mailbox;
use crate::domain::ports::{Change, Membership, Store, StoreError, World};
use crate::domain::read::{Nodes, nodes, put_ended};
use crate::domain::record::Record;
use crate::domain::record::drift::Drift;
use crate::domain::record::ids::{KeyId, RunId, StoreId};
use crate::domain::record::key::Key;
use crate::domain::record::node::Node;
use crate::domain::record::state::{Course, FORMAT_WITH_ADMINS, Phase, State};
use crate::domain::record::time::Timestamp;
use crate::domain::run::Neighbours;
use crate::domain::upkeep::refusal::OpenError;

/// What became of a store before a run opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain::upkeep) enum Past {
    /// No one has used it yet.
    None,
    /// It was used.
    Used,
    /// It was put back to an earlier state, and no one has used it since.
    Restored,
}

/// A run that joins with the change that is committed next.
pub(in crate::domain::upkeep) struct Joining {
    run: RunId,
    state: State,
    /// The others.
    nodes: Nodes,
    /// Whether it is in another server than the last run of this node was.
    is_another: bool,
    begun_at: Duration,
    at: Timestamp,
    drift: Drift,
}

/// Adds to `change` that a new run joins.
pub(in crate::domain::upkeep) async fn join(
    change: &mut Change,
    store: &dyn Store,
    world: &World,
    keys: Vec<KeyId>,
    member: &Membership,
    past: Past,
) -> Result<Joining, OpenError> {
    let (run, begun_at) = (RunId(world.random()), world.clock.monotonic());
    let remembered = Remembered::read(&*member.engine).await?;
    let (at, drift) = compare_clocks(&*member.engine, world).await?;
    if drift.differs(Drift::default()) {
        tell(drift);
    }
    let (old, recent) = match remembered {
        Some(remembered) if remembered.is_old(at) => (Some(remembered), None),
        remembered => (None, remembered),
    };
    if old.is_some() {
        tracing::warn!(
            "this node was away for four weeks; nothing proves that the database was not put back meanwhile"
        );
    }
    // In this order: whoever joins after the state was read changes it, and then this commit is refused.
    let state = put_state(change, store, world, member, recent.as_ref(), past).await?;
    let mut nodes = nodes(store).await?;
    let is_another = member.engine.is_another();
    // Who was told of a later course knows that the store was accepted since, on whatever server it is.
    let is_proved =
        |last: &Remembered| last.course == state.course || last.course.number < state.course.number;
    if is_another && !recent.as_ref().is_some_and(is_proved) {
        return Err(RunEnded::PutBack.into());
    }
    if let Some(last) = recent.filter(|last| last.course == state.course) {
        end_last_run(change, store, &nodes, &last, at).await?;
        nodes.retain(|(other, _)| *other != last.run);
    }
    refuse_mailbox(member, &nodes)?;
    // One per run. It is removed when the run ends, or a day after it was found to have ended.
    change.expect(Key::node(run), None);
    let node = Node { profile: member.profile.clone(), keys, at: world.now(), counter: 0 };
    change.put(Key::node(run), Record::Node(node));
    Ok(Joining { run, state, nodes, is_another, begun_at, at, drift })
}

impl Joining {
    /// The run has joined.
    pub(in crate::domain::upkeep) async fn joined(
        self,
        store: Arc<dyn Store>,
        world: &World,
        member: Membership,
    ) -> Result<Neighbours, StoreError> {
        let Self { run, state, nodes, is_another, begun_at, at, drift } = self;
        let (store_id, course) = (state.store, state.course);
        let remembered = Remembered { store: store_id, course, run, counter: 0, has_left: false, at };
        remembered.write(&*member.engine).await?;
        if is_another {
            tracing::warn!(
                "this is another database server than before; it is accepted, because the last run of this node is in \
                 it as it was left"
            );
        }
        member.engine.warn_if_crowded(nodes.len() + 1).await;
        let engines = (store, Arc::clone(&world.clock));
        let neighbours = Neighbours::new(run, engines, member, (store_id, course), begun_at);
        neighbours.compared(drift);
        neighbours.look(&nodes);
        Ok(neighbours)
    }
}

/// Reads the state, or makes it, and adds to `change` that it is as it was read.
async fn put_state(
    change: &mut Change,
    store: &dyn Store,
    world: &World,
    member: &Membership,
    remembered: Option<&Remembered>,
    past: Past,
) -> Result<State, OpenError> {
    let is_restored = past == Past::Restored;
    let mut state = match expect_state(change, store).await? {
        Some(state) => state,
        // A node that has been here before knows a store that had one.
        None if remembered.is_some() && !is_restored => return Err(RunEnded::PutBack.into()),
        None => State {
            store: StoreId(world.random()),
            course: Course { number: 0, mark: world.random() },
            // No earlier version has used it.
            floor: *member.profile.formats.end(),
            phase: Phase::Ready,
        },
    };
    if is_restored {
        state.take_new_course(world.random(), world.now());
    }
    if past == Past::None {
        // Its first commit has what earlier versions would not keep up.
        state.floor = state.floor.max(FORMAT_WITH_ADMINS);
    }
    state.phase.expect_ready().map_err(RunEnded::from)?;
    if state.floor > *member.profile.formats.end() {
        return Err(RunEnded::NewerFormat(state.floor).into());
    }
    let is_same = |last: &Remembered| last.store == state.store && last.course.number <= state.course.number;
    if !is_restored && !remembered.is_none_or(is_same) {
        return Err(RunEnded::PutBack.into());
    }
    // One per store, never removed.
    change.put(Key::state(), Record::State(state.clone()));
    Ok(state)
}

/// Adds to `change` that a store which was restored takes a new course, if nodes have shared it. They follow.
pub(in crate::domain::upkeep) async fn take_new_course(
    change: &mut Change,
    store: &dyn Store,
    world: &World,
) -> Result<(), StoreError> {
    if let Some(mut state) = expect_state(change, store).await? {
        state.take_new_course(world.random(), world.now());
        change.put(Key::state(), Record::State(state));
    }
    Ok(())
}

/// Reads the state, if there is one, and adds to `change` that it is as it was read.
pub(in crate::domain::upkeep) async fn expect_state(
    change: &mut Change,
    store: &dyn Store,
) -> Result<Option<State>, StoreError> {
    let found = store.get(&[Key::state()]).await?.pop().flatten();
    change.expect(Key::state(), found.as_ref().map(|found| found.version));
    match found.map(|found| found.record) {
        Some(Record::State(state)) => Ok(Some(state)),
        Some(_) => Err(StoreError::Damaged("the state of the database is of the wrong kind".into())),
        None => Ok(None),
    }
}

/// Adds to `change` that the last run of this node has ended.
async fn end_last_run(
    change: &mut Change,
    store: &dyn Store,
    nodes: &Nodes,
    last: &Remembered,
    at: Timestamp,
) -> Result<(), OpenError> {
    let record = nodes.iter().find(|(run, _)| *run == last.run).and_then(|(_, node)| node.as_ref());
    match record {
        Some((node, version)) if !last.has_left && node.counter >= last.counter => {
            put_ended(change, last.run, *version, at);
            Ok(())
        }
        None if store.get(&[Key::ended_run(last.run)]).await?.pop().flatten().is_some() => Ok(()),
        _ => Err(RunEnded::PutBack.into()),
    }
}
