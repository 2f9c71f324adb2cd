//! The command about apps.

use clap::Subcommand;

use super::print::print;
use crate::app::{self, Failure};
use crate::config::Config;
use crate::domain::record::address::EmailAddress;

#[derive(Subcommand)]
pub(super) enum AppCommand {
    /// Say whether a request to an app would pass, and by which rule
    ///
    /// Exits with 0 if it would pass, with 1 if not, and with 2 if the URL is that of no app. Without an address, the
    /// request is that of someone who is signed out.
    Check {
        /// URL of a page of the app
        url: String,
        /// Email address of the account
        #[arg(value_parser = EmailAddress::parse)]
        address: Option<EmailAddress>,
    },
}

impl AppCommand {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        let Self::Check { url, address } = self;
        print(&app::check_app(config, &url, address.as_ref()).await?)
    }
}
