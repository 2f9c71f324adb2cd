//! The account that a command is about, and having an order about it carried out.

use clap::Args;

use super::print::Form;
use crate::app::Failure;
use crate::app::operator::{Answer, Operator, Order};
use crate::config::Config;
use crate::domain::record::address::EmailAddress;
use crate::world;

/// The account a command is about.
#[derive(Args)]
pub(super) struct Target {
    /// Email address of the account
    #[arg(value_parser = EmailAddress::parse)]
    pub(super) address: EmailAddress,
    #[command(flatten)]
    pub(super) form: Form,
}

/// Has one order carried out.
pub(super) async fn carry_out(config: Config, order: Order) -> Result<Answer, Failure> {
    let operator = Operator::reach(config, world::real()).await?;
    let answer = operator.order(order).await;
    // If the store failed, that says more than the answer.
    operator.leave().await?;
    answer
}
