//! Having one order carried out.

use crate::app::Failure;
use crate::app::operator::{Answer, Operator, Order};
use crate::config::Config;
use crate::world;

/// Has an order carried out, by the running server or here.
pub(super) async fn carry_out(config: Config, order: Order) -> Result<Answer, Failure> {
    let operator = Operator::reach(config, world::real()).await?;
    let answer = operator.order(order).await;
    // If the store failed, that says more than the answer.
    operator.leave().await?;
    answer
}
