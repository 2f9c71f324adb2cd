//! The commands.

mod log;

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tokio::runtime::Runtime;

use self::log::LogFormat;
use crate::app::{self, Failure};
use crate::config::{Config, Loaded, Mistakes, Options};
use crate::world;

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
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Read everything, write nothing, and tell every mistake
    Check,
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
    log::start(arguments.general.log_format);
    let command = arguments.command.unwrap_or(Command::Serve);
    let config = match arguments.general.load() {
        Ok(config) => config,
        Err(mistakes) => return fail(MISUSED, &mistakes),
    };
    match command.run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(FAILED, &failure),
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
    fn run(self, config: Config) -> Result<(), Failure> {
        match self {
            Self::Serve => Runtime::new()?.block_on(app::serve(config, world::real())),
            Self::Config(ConfigCommand::Check) => print(&format!("The configuration is good: {config}.")),
        }
    }
}

/// Answers on standard output, and says so if nobody could read it.
fn print(answer: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{answer}")?;
    Ok(out.flush()?)
}

fn fail(code: u8, reason: &dyn Display) -> ExitCode {
    eprintln!("gatepost: {reason}");
    code.into()
}
