//! The commands.
//!
//! - `account`: those about accounts
//! - `checkup`, `doctor`: the checkup and the drills
//! - `help`: help texts that show the global options once
//! - `key`: those about keys
//! - `log`: the log
//! - `mail`: testing email
//! - `manual`: man pages, and completions for shells
//! - `store`: those about the database
//! - `print`: results on standard output
//! - `progress`: how far a long command is

mod account;
mod checkup;
mod doctor;
mod help;
mod key;
mod log;
mod mail;
mod manual;
mod print;
mod progress;
mod store;

use std::error::Error;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use tokio::runtime::Runtime;
use tracing::level_filters::LevelFilter;

use self::account::{AccountCommand, AdminCommand};
use self::doctor::Doctor;
use self::key::KeyCommand;
use self::log::LogFormat;
use self::mail::MailCommand;
use self::print::print;
use self::store::StoreCommand;
use crate::app::{self, Failure};
use crate::config::access::View;
use crate::config::again::Loaded;
use crate::config::{Config, Mistakes, Options};
use crate::web::api::document;

/// Part of the binary, so that a new operator has to download only the binary.
const EXAMPLE: &str = include_str!("../../config.toml");

/// The command was valid, but failed.
const FAILED: u8 = 1;
/// The command line or the configuration has an error.
const MISUSED: u8 = 2;

/// Email sign-in in one binary.
///
/// With no command, it starts the server. No configuration is needed to try it.
#[derive(Parser)]
#[command(
    name = "gatepost",
    version,
    after_help = "Exit codes: 0 success, 1 failure, 2 usage or configuration error."
)]
struct Arguments {
    #[command(flatten)]
    general: General,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
#[command(next_help_heading = "Global options")]
struct General {
    /// Configuration file [default: config.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// Data folder (overrides `data_dir`)
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    data: Option<PathBuf>,
    /// Listen address: HOST:PORT or unix:PATH (overrides `listen`)
    #[arg(long, global = true, value_name = "ADDR")]
    listen: Option<String>,
    /// Log format
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server
    Serve,
    /// Check the configuration, or print an example
    #[command(subcommand)]
    Config(ConfigCommand),
    #[command(about = "Print the OpenAPI document")]
    Openapi,
    /// Test sending email
    #[command(subcommand)]
    Mail(MailCommand),
    /// Manage accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// Grant or revoke admin rights
    #[command(subcommand)]
    Admin(AdminCommand),
    /// List, add or retire keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Create, check, back up, restore or move the database
    #[command(subcommand)]
    Store(StoreCommand),
    /// Check everything around this server, or try what scanners and strangers could do
    ///
    /// Without a command, looks at the settings, the key, the disk, the clock, the running server, the
    /// public address and its proxy, and what the sender's domain says about its email. Exits with 1
    /// if something is wrong.
    #[command(verbatim_doc_comment)]
    Doctor(Doctor),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the man pages of all commands to a folder
    Man {
        /// Folder, which is created if necessary
        #[arg(value_hint = ValueHint::DirPath)]
        dir: PathBuf,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check all settings and report every mistake; writes nothing
    ///
    /// Also checks the data folder, the key, the listen address, and what sending email needs.
    Check,
    /// Print a configuration file with all settings and their defaults
    Example,
}

/// Runs the command given on the command line.
#[must_use]
pub fn run() -> ExitCode {
    let parsed = help::globals_once(Arguments::command()).try_get_matches();
    let arguments = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        // Help and version end up here too, with an exit code of 0.
        Err(message) => {
            let _ = message.print();
            return u8::try_from(message.exit_code()).unwrap_or(MISUSED).into();
        }
    };
    let command = arguments.command.unwrap_or(Command::Serve);
    // Other commands print their result themselves, so only warnings are worth logging.
    let level = if matches!(command, Command::Serve) { LevelFilter::INFO } else { LevelFilter::WARN };
    let log = match log::start(arguments.general.log_format, level) {
        Ok(log) => log,
        Err(error) => return fail(&error.into()),
    };
    panic::set_hook(Box::new(log::panic));
    // A panic is a fault of ours. It has one line in the log and the exit code of a failure, like any other.
    let ended = panic::catch_unwind(AssertUnwindSafe(|| command.run(arguments.general)));
    log.finish();
    match ended {
        Ok(Ok(())) => ExitCode::SUCCESS,
        // The reader of the result has had enough, as in `gatepost openapi | head`.
        Ok(Err(Failure::System(error))) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Ok(Err(failure)) => fail(&failure),
        Err(_) => FAILED.into(),
    }
}

impl General {
    fn load(self) -> Result<Config, Mistakes> {
        self.load_for(View::default())
    }

    fn load_for(self, view: View) -> Result<Config, Mistakes> {
        self.load_all(view).map(|loaded| loaded.config)
    }

    fn load_all(self, view: View) -> Result<Loaded, Mistakes> {
        let Self { config: file, data: data_dir, listen, .. } = self;
        let options = Options { file, data_dir, listen, view, ..Options::default() };
        let loaded = Config::load(&options)?;
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        Ok(loaded)
    }
}

impl Command {
    fn run(self, general: General) -> Result<(), Failure> {
        match self {
            Self::Serve => {
                let runtime = Runtime::new()?;
                let ended = runtime.block_on(app::serve(|| general.load_all(View::default())));
                // A backup that is being read back does not delay the end. It is made again at the next start.
                runtime.shutdown_background();
                ended
            }
            Self::Config(ConfigCommand::Check) => check_config(&general.load_for(View::Server)?),
            Self::Config(ConfigCommand::Example) => print(EXAMPLE),
            Self::Openapi => print(&document()),
            Self::Completions { shell } => manual::completions(shell, Arguments::command()),
            Self::Man { dir } => {
                let pages = manual::write(&dir, help::globals_once(Arguments::command()))?;
                print(&format!("Wrote {pages} man pages to {}.", dir.display()))
            }
            Self::Mail(command) => Runtime::new()?.block_on(command.run(general.load()?)),
            Self::Account(command) => Runtime::new()?.block_on(command.run(general.load()?)),
            Self::Key(command) => Runtime::new()?.block_on(command.run(general.load()?)),
            Self::Admin(command) => Runtime::new()?.block_on(command.run(general.load()?)),
            Self::Doctor(command) => Runtime::new()?.block_on(command.run(general.load()?)),
            Self::Store(command) => Runtime::new()?.block_on(command.run(general.load()?)),
        }
    }
}

fn check_config(config: &Config) -> Result<(), Failure> {
    let lines = app::check(config)?;
    print(&format!("Configuration OK: {config}.\n{}", lines.join("\n")))
}

/// Prints why the command failed, including the causes.
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
