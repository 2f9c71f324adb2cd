//! Keeps a pool open: finds the primary, opens a pool with an acknowledged commit, and watches it until it is closed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::commit::commit_of;
use super::duty::{SWEPT_AT_ONCE, Setup};
use super::fault::Fault;
use super::flight::{Outcome, Task};
use super::hosts;
use super::link::Link;
use super::order::{self, Order};
use super::pool::Pool;
use super::proof::prove;
use super::schema::{self, Make};
use super::shared::Shared;

const TICK: Duration = Duration::from_secs(1);
/// A commit of our own shows whether commits are acknowledged, also while there are no others.
const TICKS_PER_PROBE: u32 = 5;
const TICKS_PER_LOOK_AT_HOSTS: u32 = 30;
const TICKS_PER_SWEEP: u32 = 60;
/// How old a receipt is when it is removed, in microseconds. No message is accepted that late.
const RECEIPT_AGE: i64 = 3600 * 1_000_000;
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(2);

/// Makes the schema and all that is missing in it, or only what is missing.
pub(super) async fn prepare(shared: &Shared, make: Make) -> Result<(), Fault> {
    let base = &shared.base;
    let (host, life) = hosts::primary(base).await?;
    let link = Link::open(&host, &base.settings, base.tls.as_ref()).await?;
    let proven = prove::<Setup>(link, base, Some(&life)).await?;
    // What may be a different database is left as it is.
    let make = if base.floor.differs(&life) { Make::Nothing } else { make };
    schema::prepare(&proven.link, &base.settings, make).await
}

/// A pool whose server has acknowledged a commit in this life of it. Before that, nothing that it shows is believed: after
/// a crash it shows commits that no standby has.
pub(super) async fn open(shared: &Arc<Shared>) -> Result<Arc<Pool>, Fault> {
    let (host, life) = hosts::primary(&shared.base).await?;
    shared.base.floor.raise(&life).await?;
    let pool = Arc::new(Pool::new(Arc::clone(&shared.base), host, life));
    let first = pool.committer().await?;
    // A second connection is proved before the first one is used: behind a pooler, both may be the same.
    let second = pool.committer().await?;
    pool.give_back(second);
    pool.give_back(first);
    match probe(shared, &pool).await? {
        Outcome::Done(_) => Ok(pool),
        Outcome::Refused(why) => Err(Fault::Unfit(why)),
        _ if pool.is_closed() => Err(pool.closed().await),
        other => Err(Fault::Unreachable(format!("{} does not acknowledge a commit: {other:?}", pool.host))),
    }
}

/// One commit that changes nothing.
async fn probe(shared: &Arc<Shared>, pool: &Arc<Pool>) -> Result<Outcome, Fault> {
    let world = &shared.base.world;
    // If a heartbeat has it, that one shows the same.
    let permit = Arc::clone(&shared.kept).try_acquire_owned().ok();
    own_work(shared, pool, permit, |now| {
        let receipt = order::receipt(now, world);
        commit_of(Arc::new(Order::default()), now, receipt, shared.base.settings.timeout, world)
    })
    .await
}

/// Does something of the engine's own on a connection for commits.
async fn own_work(
    shared: &Arc<Shared>,
    pool: &Arc<Pool>,
    permit: Option<OwnedSemaphorePermit>,
    task: impl FnOnce(i64) -> Task,
) -> Result<Outcome, Fault> {
    let unacknowledged = || Fault::Unreachable(format!("no standby of {} acknowledges changes", pool.host));
    let permit = permit.ok_or_else(unacknowledged)?;
    let proven = pool.committer().await?;
    let task = task(proven.server_now(&shared.base.world));
    let mut flight = shared.launch(Arc::clone(pool), proven, permit, task);
    timeout(shared.base.settings.timeout, flight.landed()).await.map_err(|_| unacknowledged())
}

/// Runs until the store is closed.
pub(super) async fn keep(shared: Arc<Shared>, mut pool: Arc<Pool>) {
    loop {
        let fault = watch(&shared, &pool).await;
        pool.close(fault.clone());
        shared.go_down(fault.to_string());
        let mut delay = FIRST_DELAY;
        pool = loop {
            if shared.is_closed() {
                return;
            }
            match open(&shared).await {
                Ok(pool) => break pool,
                // Nothing that comes of it can be what was stored here.
                Err(Fault::Foreign(why)) => return shared.fail(why),
                Err(fault) => shared.go_down(fault.to_string()),
            }
            if shared.waiting.count() > 0 {
                // Nothing can be looked at while no server is reached.
                let _ = look_at_waiting(&shared).await;
            }
            sleep(jittered(&shared, delay)).await;
            delay = (delay * 2).min(LONGEST_DELAY);
        };
        tracing::info!(host = %pool.host, timeline = pool.life.timeline, "the database is used again");
        shared.publish(&pool);
    }
}

/// Between half of it and all of it, so that not all processes come at the same moment.
fn jittered(shared: &Shared, delay: Duration) -> Duration {
    let [random] = shared.base.world.random_id::<1>();
    delay / 2 + delay * u32::from(random) / 510
}

/// Returns why the pool must not be used any more. Whatever the engine is doing meanwhile is given up at once: people wait
/// for the next pool.
async fn watch(shared: &Arc<Shared>, pool: &Arc<Pool>) -> Fault {
    tokio::select! {
        fault = pool.closed() => fault,
        fault = look_after(shared, pool) => fault,
    }
}

async fn look_after(shared: &Arc<Shared>, pool: &Arc<Pool>) -> Fault {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut tick = 0_u32;
    loop {
        let looked = tokio::select! {
            () = pool.doubted.notified() => is_still_primary(shared, pool).await,
            _ = ticks.tick() => {
                tick = tick.wrapping_add(1);
                at_tick(shared, pool, tick).await
            }
        };
        if let Err(fault) = looked {
            return fault;
        }
    }
}

async fn at_tick(shared: &Arc<Shared>, pool: &Arc<Pool>, tick: u32) -> Result<(), Fault> {
    shared.note_records().await;
    if shared.waiting.count() > 0 {
        look_at_waiting(shared).await?;
    }
    if tick.is_multiple_of(TICKS_PER_PROBE) && shared.waiting.count() == 0 {
        // If it fails, `writable` says so, or the pool is closed.
        let _ = probe(shared, pool).await;
    }
    if tick.is_multiple_of(TICKS_PER_SWEEP) {
        sweep(shared, pool).await;
    }
    if tick.is_multiple_of(TICKS_PER_LOOK_AT_HOSTS) { is_still_primary(shared, pool).await } else { Ok(()) }
}

async fn is_still_primary(shared: &Shared, pool: &Pool) -> Result<(), Fault> {
    let (host, life) = hosts::primary(&shared.base).await?;
    if host == pool.host && life == pool.life {
        return Ok(());
    }
    Err(Fault::Changed(format!("{} is used in place of {}", host, pool.host)))
}

/// Looks at the commits that were given up, with a connection of its own: the others may all be taken.
async fn look_at_waiting(shared: &Shared) -> Result<(), Fault> {
    let base = &shared.base;
    let (host, life) = hosts::primary(base).await?;
    let link = Link::open(&host, &base.settings, base.tls.as_ref()).await?;
    link.within(base.settings.timeout, shared.waiting.look(&link, life.started)).await
}

/// Removes old receipts, while there are any. Whatever fails is done the next time.
async fn sweep(shared: &Arc<Shared>, pool: &Arc<Pool>) {
    let old = |now: i64| Task::Sweep { before: order::seconds(now - RECEIPT_AGE) };
    loop {
        // Not the one that is kept: no heartbeat waits for this.
        let permit = timeout(shared.base.settings.timeout, Arc::clone(&shared.commits).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok);
        let Ok(Outcome::Done(rows)) = own_work(shared, pool, permit, old).await else { return };
        if rows.first().is_none_or(|row| row.get::<_, i64>(0) < SWEPT_AT_ONCE) {
            return;
        }
    }
}
