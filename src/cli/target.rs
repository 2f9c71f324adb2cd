//! The account that a command is about.

use clap::Args;

use super::print::Form;
use crate::domain::record::address::EmailAddress;

/// The account a command is about.
#[derive(Args)]
pub(super) struct Target {
    /// Email address of the account
    #[arg(value_parser = EmailAddress::parse)]
    pub(super) address: EmailAddress,
    #[command(flatten)]
    pub(super) form: Form,
}
