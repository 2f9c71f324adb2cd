//! Comparing the clock of this machine with that of the database.

use crate::domain::ports::{SharedEngine, StoreError, World};
use crate::domain::record::drift::Drift;
use crate::domain::record::time::Timestamp;

/// The time by the engine's clock, or by this machine's if the engine has none, and how far apart they are.
pub(super) async fn compare_clocks(
    engine: &dyn SharedEngine,
    world: &World,
) -> Result<(Timestamp, Drift), StoreError> {
    let (asked_at, begun) = (world.now(), world.clock.monotonic());
    let Some(engine) = engine.time().await? else { return Ok((asked_at, Drift::Near)) };
    let took = world.clock.monotonic().saturating_sub(begun);
    Ok((engine, Drift::between(asked_at, took, engine)))
}

/// Tells people that it is another case than before.
pub(super) fn tell(drift: Drift) {
    match drift {
        Drift::Near => {
            tracing::info!("the clock of this machine agrees with that of the database again");
        }
        Drift::Noted(apart) => tracing::warn!(
            own = %apart.own, database = %apart.engine,
            "the clock of this machine is not that of the database; check both"
        ),
        Drift::TooFar(apart) => tracing::error!(
            own = %apart.own, database = %apart.engine,
            "the clock of this machine is far from that of the database; until both are right, this node is \
             not ready and sends no email"
        ),
    }
}
