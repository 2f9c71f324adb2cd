//! The commands.

mod account;
mod log;
mod print;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tokio::runtime::Runtime;
use tracing::level_filters::LevelFilter;

use self::account::{AccountCommand, AdminCommand};
use self::log::LogFormat;
use self::print::print;
use crate::app::{self, Failure};
use crate::config::{Config, Loaded, Mistakes, Options};
use crate::domain::record::address::EmailAddress;
use crate::store::sled::{Accept, Proof};
use crate::web::api::document;

/// In the binary, so that the binary is all a new operator has to download.
const EXAMPLE: &str = include_str!("../../config.toml");

/// It was asked well, and could not be done.
const FAILED: u8 = 1;
/// It cannot be done as it was asked: usage or configuration.
const MISUSED: u8 = 2;

/// Email sign-in in one binary.
///
/// Without a command it serves; without a configuration too.
#[derive(Parser)]
#[command(name = "gatepost", version, after_help = "Exit codes: 0, 1 failed, 2 usage or configuration.")]
struct Arguments {
    #[command(flatten)]
    general: General,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct General {
    /// The configuration [default: config.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of store and key, in place of `data_dir`
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen, in place of `listen`: an address and a port, or unix: and a path
    #[arg(long, global = true, value_name = "ADDR")]
    listen: Option<String>,
    /// How log lines look
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Subcommand)]
enum Command {
    /// Serve pages and API, and send mail
    Serve,
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the document of the JSON API
    Openapi,
    /// Try the way letters leave
    #[command(subcommand)]
    Mail(MailCommand),
    /// Look after accounts: add, show, disable, delete, import and more; print sign-in links
    #[command(subcommand)]
    Account(AccountCommand),
    /// Say who is an admin
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Look after the store
    #[command(subcommand)]
    Store(StoreCommand),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check all settings and report every mistake; writes nothing
    Check,
    /// Print a configuration file with all settings and their defaults
    Example,
}

#[derive(Subcommand)]
enum MailCommand {
    /// Send a letter without link or code, and tell what the mail server says
    Test {
        /// To whom
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
    },
}

#[derive(Subcommand)]
enum StoreCommand {
    /// Prove that the store is whole and the one that was left behind
    Verify {
        /// Take the store as it is, older or foreign, for the right one from now on
        #[arg(long)]
        accept: bool,
    },
}

/// Runs the command of this process.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version come this way too, with an exit code of 0.
        Err(answer) => {
            let _ = answer.print();
            return u8::try_from(answer.exit_code()).unwrap_or(MISUSED).into();
        }
    };
    let command = arguments.command.unwrap_or(Command::Serve);
    // A command answers for itself: of its log, only warnings are news.
    let level = if matches!(command, Command::Serve) { LevelFilter::INFO } else { LevelFilter::WARN };
    log::start(arguments.general.log_format, level);
    match command.run(arguments.general) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

impl General {
    fn load(self) -> Result<Config, Mistakes> {
        let options = Options { file: self.config, data_dir: self.data, listen: self.listen };
        let Loaded { config, warnings } = Config::load(&options)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        Ok(config)
    }
}

impl Command {
    fn run(self, general: General) -> Result<(), Failure> {
        match self {
            Self::Serve => Runtime::new()?.block_on(app::serve(general.load()?)),
            Self::Config(ConfigCommand::Check) => {
                print(&format!("The configuration is good: {}.", general.load()?))
            }
            Self::Config(ConfigCommand::Example) => print(EXAMPLE),
            Self::Openapi => print(&document()),
            Self::Mail(MailCommand::Test { address }) => {
                let sending = app::send_test_letter(general.load()?, &address);
                print(&format!("The letter was taken: {}", Runtime::new()?.block_on(sending)?))
            }
            Self::Account(command) => Runtime::new()?.block_on(command.run(general.load()?)),
            Self::Admin(command) => Runtime::new()?.block_on(command.run(general.load()?)),
            Self::Store(StoreCommand::Verify { accept }) => {
                let accept = if accept { Accept::Yes } else { Accept::No };
                let Proof { records, commits } = app::verify_store(&general.load()?, accept)?;
                print(&format!("The store is whole: {records} records after {commits} commits."))
            }
        }
    }
}

/// Says why, causes included.
fn fail(failure: &Failure) -> ExitCode {
    let mut sentence = failure.to_string();
    let mut cause = failure.source();
    while let Some(source) = cause {
        sentence = format!("{sentence}: {source}");
        cause = source.source();
    }
    eprintln!("gatepost: {sentence}");
    match failure {
        Failure::Configuration(_) => MISUSED.into(),
        _ => FAILED.into(),
    }
}
