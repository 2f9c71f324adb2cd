//! `gatepost account change-email`.

use clap::Args;

use super::order::carry_out;
use super::print::{Form, print, print_json};
use crate::app::operator::{Answer, Order};
use crate::app::{Failure, OperatorError};
use crate::config::Config;
use crate::domain::record::address::EmailAddress;

/// Which account gets which address.
#[derive(Args)]
pub(super) struct ChangeEmail {
    /// Email address of the account
    #[arg(value_parser = EmailAddress::parse)]
    old: EmailAddress,
    /// Its new email address
    #[arg(value_parser = EmailAddress::parse)]
    new: EmailAddress,
    #[command(flatten)]
    form: Form,
}

impl ChangeEmail {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        let order = Order::ChangeEmail { old: self.old.to_string(), new: self.new.to_string() };
        let Answer::Treated(treated) = carry_out(config, order).await? else {
            return Err(OperatorError::OtherAnswer.into());
        };
        if self.form.json {
            return print_json(&treated.account);
        }
        let devices = match treated.ended_sessions {
            0 => "It was not signed in on any device.".to_owned(),
            1 => "It was signed out on 1 device.".to_owned(),
            count => format!("It was signed out on {count} devices."),
        };
        print(&format!(
            "Changed the email address of {} to {}. {devices} Both addresses are notified by email, and the old one \
             can undo this for a week.",
            self.old, treated.account.shown.email
        ))
    }
}
