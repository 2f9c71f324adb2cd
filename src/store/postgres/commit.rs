//! Writing a change: one flight, and settling it if its fate is unknown.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep, timeout};

use super::duty::Commits;
use super::flight::{Outcome, Step, Task};
use super::order::{self, Order};
use super::pool::Pool;
use super::proof::Proven;
use super::shared::{Launched, Shared};
use crate::domain::ports::{Class, Committed, StoreError, World};
use crate::store::CodedChange;

/// How much longer than an act a message may take. Later ones are refused by the server: they come from a process
/// that was stopped, or through a pooler, long after their act was given up.
const GRACE: Duration = Duration::from_secs(30);
/// Between two attempts of one act.
const PAUSE: Duration = Duration::from_millis(50);

/// How often a part of an arriving store is filled before that is given up. The database may be away for a while.
const FILL_TRIES: usize = 10;

/// Writes a change, within the time that an act has.
pub(super) async fn write(shared: &Arc<Shared>, change: CodedChange) -> Result<Committed, StoreError> {
    let lane = if change.class == Class::Heartbeat { Lane::Kept } else { Lane::Acts };
    let Some(order) = Order::of(change) else { return Ok(Committed::Conflict) };
    if lane == Lane::Acts && shared.is_stuck() {
        return Err(shared.unavailable());
    }
    let doubt = Doubt::default();
    match timeout(shared.base.settings.timeout, act(shared, lane, Arc::new(order), &doubt)).await {
        Ok(answer) => {
            if answer == Ok(Committed::Yes) {
                shared.has_written.store(true, Ordering::Relaxed);
            }
            answer
        }
        Err(_) => Err(doubt.told().map_or_else(|| shared.unavailable(), StoreError::InDoubt)),
    }
}

/// Which of the connections for commits are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    /// All but one.
    Acts,
    /// The one that is kept for heartbeats, so that a node whose commits all wait is still known to go on.
    Kept,
}

/// Why it is not known whether the change was written, while that is so.
#[derive(Default)]
struct Doubt(Mutex<Option<String>>);

impl Doubt {
    fn set(&self, why: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    fn told(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

async fn act(
    shared: &Arc<Shared>,
    lane: Lane,
    order: Arc<Order>,
    doubt: &Doubt,
) -> Result<Committed, StoreError> {
    // A change that arrived too late certainly was not written, and is sent once more.
    for _ in 0..2 {
        let (pool, proven, permit) = committer(shared, lane).await?;
        let world = &shared.base.world;
        let now = proven.server_now(world);
        let receipt = order::receipt(now, world);
        let task = commit_of(Arc::clone(&order), now, receipt, shared.base.settings.timeout, world);
        let mut flight = shared.launch(pool, proven, permit, task);
        doubt.set(Some("the database has not answered yet".into()));
        let limit = shared.base.settings.timeout;
        // The rest of the time is for settling. The next look at the runs settles a heartbeat.
        let patience = if lane == Lane::Kept { limit } else { limit * 3 / 5 };
        match timeout(patience, flight.landed()).await {
            Ok(Outcome::Done(_)) => return Ok(Committed::Yes),
            Ok(Outcome::Conflict) => return Ok(Committed::Conflict),
            Ok(Outcome::Busy) => return Err(StoreError::Busy),
            Ok(Outcome::Refused(why)) => return Err(StoreError::Refused(why)),
            Ok(Outcome::Late) => doubt.set(None),
            Ok(Outcome::Doubt(why)) if lane == Lane::Kept => return Err(StoreError::InDoubt(why)),
            Ok(Outcome::Doubt(why)) => {
                doubt.set(Some(why));
                return settled(shared, receipt).await;
            }
            Err(_) => return first_to_answer(shared, receipt, flight).await,
        }
    }
    Err(StoreError::Refused("the clock of the database does not fit".into()))
}

/// Fills a part of an arriving store, whose state has this version. Repeated until that is known to be done.
pub(super) async fn fill(shared: &Arc<Shared>, step: Arc<Step>, state: i64) -> Result<(), StoreError> {
    let limit = shared.base.settings.timeout;
    for _ in 0..FILL_TRIES {
        let trying = async {
            let (pool, proven, permit) = committer(shared, Lane::Acts).await?;
            let version = order::version(&shared.base.world);
            let task = Task::Fill { step: Arc::clone(&step), state, version };
            let mut flight = shared.launch(pool, proven, permit, task);
            Ok::<_, StoreError>(flight.landed().await)
        };
        match timeout(limit, trying).await {
            Ok(Ok(Outcome::Done(rows))) => {
                let is_held = rows.first().is_some_and(|row| row.get::<_, i64>(0) == 1);
                let other = "another process moves records into this database; let one of them finish";
                return if is_held { Ok(()) } else { Err(StoreError::Refused(other.into())) };
            }
            Ok(Ok(Outcome::Refused(why))) => return Err(StoreError::Refused(why)),
            Ok(Err(error)) => return Err(error),
            // It does no harm if it was done, or still is.
            Ok(Ok(_)) | Err(_) => sleep(PAUSE).await,
        }
    }
    Err(shared.unavailable())
}

/// A commit that the server refuses once its time is over.
pub(super) fn commit_of(
    order: Arc<Order>,
    server_now: i64,
    receipt: [u8; 16],
    limit: Duration,
    world: &World,
) -> Task {
    let now = Duration::from_micros(u64::try_from(server_now).unwrap_or_default());
    let not_after: SystemTime = UNIX_EPOCH + now + limit + GRACE;
    Task::Commit { order, version: order::version(world), receipt, not_after }
}

/// A connection for one commit, and the right to use one.
async fn committer(
    shared: &Arc<Shared>,
    lane: Lane,
) -> Result<(Arc<Pool>, Proven<Commits>, OwnedSemaphorePermit), StoreError> {
    let permits = match lane {
        Lane::Acts => &shared.commits,
        Lane::Kept => &shared.kept,
    };
    loop {
        // In this order: opening the next pool takes a permit too.
        let pool = shared.pool().await?;
        let permit = Arc::clone(permits).acquire_owned().await;
        let permit = permit.map_err(|_| shared.unavailable())?;
        if pool.is_closed() {
            continue;
        }
        if let Ok(proven) = pool.committer().await {
            return Ok((pool, proven, permit));
        }
        drop(permit);
        sleep(PAUSE).await;
    }
}

/// A commit that was not answered in time: its answer may still come, or it is settled.
async fn first_to_answer(
    shared: &Arc<Shared>,
    receipt: [u8; 16],
    mut flight: Launched,
) -> Result<Committed, StoreError> {
    let settling = settled(shared, receipt);
    let mut settling = std::pin::pin!(settling);
    tokio::select! {
        outcome = flight.landed() => match outcome {
            Outcome::Done(_) => Ok(Committed::Yes),
            // Settling may have voided it, so that it could not be written.
            Outcome::Conflict => Ok(Committed::Conflict),
            Outcome::Refused(_) | Outcome::Busy | Outcome::Late => Err(StoreError::Busy),
            Outcome::Doubt(_) => settling.await,
        },
        answer = &mut settling => answer,
    }
}

/// Finds out whether a commit was written, and makes sure that it never will be if it was not. Repeated until someone
/// knows; the act as a whole ends after its time.
async fn settled(shared: &Arc<Shared>, receipt: [u8; 16]) -> Result<Committed, StoreError> {
    loop {
        let (pool, proven, permit) = committer(shared, Lane::Acts).await?;
        let own = order::receipt(proven.server_now(&shared.base.world), &shared.base.world);
        let mut flight = shared.launch(pool, proven, permit, Task::Settle { receipt, own });
        if let Outcome::Done(rows) = flight.landed().await {
            // This answer was acknowledged, and so was everything before it in the log.
            match rows.first().and_then(|row| row.get::<_, Option<bool>>(0)) {
                Some(true) => return Ok(Committed::Yes),
                Some(false) => return Err(StoreError::Refused("the database was interrupted".into())),
                None => {}
            }
        }
        sleep(PAUSE).await;
    }
}
