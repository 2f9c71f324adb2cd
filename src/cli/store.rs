//! The commands about the database.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueHint};
use serde_json::json;

use super::print::{Form, grouped, minute, print, print_json};
use super::progress::Progress;
use crate::app::backup::{Restored, Stage, back_up, restore};
use crate::app::moving::{self, Moved, move_store};
use crate::app::{self, Failure};
use crate::config::Config;
use crate::store::life::Proof;

#[derive(Subcommand)]
pub(super) enum StoreCommand {
    /// Create an empty database for an existing key
    ///
    /// The first start of the server creates both. This is for a key that is kept elsewhere, once.
    Create,
    /// Make an empty database in PostgreSQL, or complete one
    ///
    /// This is for a store.url that begins with postgres://. Makes the schema, its tables and its functions, and prints the
    /// statements that let another role use them. Needs the right to create a schema in the database.
    Init,
    /// Verify that the database is intact and is the latest one
    Verify {
        /// Accept the database as it is; signs everyone out unless it is certainly the latest one
        #[arg(long)]
        accept: bool,
        #[command(flatten)]
        form: Form,
    },
    /// Make a backup of everything but the key
    ///
    /// A running server goes on meanwhile. The backup is read back before the command ends.
    Backup {
        /// The new file
        file: PathBuf,
        #[command(flatten)]
        form: Form,
    },
    /// Restore a backup into a data folder that has nothing but a key
    ///
    /// Ends all sessions, voids all links and codes, and drops waiting email, because what happened since the
    /// backup is not known.
    Restore {
        /// The backup
        file: PathBuf,
        #[command(flatten)]
        form: Form,
    },
    /// Move the database to the place that another configuration describes
    ///
    /// Between the data folder and PostgreSQL, or from one of either to another. Stop every server first. Accounts, sessions,
    /// links and waiting email go along, and the old place refuses to be used afterwards. If this is interrupted, run it again.
    Move {
        /// The configuration of the servers that use the new place; the environment does not count for it
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        to: PathBuf,
        #[command(flatten)]
        form: Form,
    },
}

impl StoreCommand {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        match self {
            Self::Create => {
                let folder = config.data_dir.display().to_string();
                app::create_store(config).await?;
                print(&format!("Created an empty database in {folder}."))
            }
            Self::Init => {
                let (place, grants) = app::init_store(&config).await?;
                print(&format!(
                    "The database is ready: {place}.\nIf servers use another role, put its name in place of ROLE and run as \
                     this one:\n{}",
                    grants.join("\n")
                ))
            }
            Self::Verify { accept, form } => {
                let mut progress = Progress::new("Verified ");
                let on = &mut |done, all| progress.show(done, all);
                let proof = if accept {
                    app::accept_store(&config, on).await?
                } else {
                    app::verify_store(&config, on).await?
                };
                drop(progress);
                if form.json { print_json(&proof) } else { print(&proven(&proof)) }
            }
            Self::Backup { file, form } => make_backup(config, &file, form).await,
            Self::Restore { file, form } => restore_backup(config, &file, form).await,
            Self::Move { to, form } => move_to(config, &to, form).await,
        }
    }
}

fn proven(proof: &Proof) -> String {
    let Proof { records, commits, restored, .. } = proof;
    let records = grouped(*records);
    // Not every engine counts them.
    let intact = match commits {
        0 => format!("The database is intact: {records} records."),
        commits => format!("The database is intact: {records} records after {} commits.", grouped(*commits)),
    };
    if *restored {
        return format!(
            "{intact}\nChanges may be missing, so the next start ends all sessions and voids all links and codes."
        );
    }
    intact
}

async fn make_backup(config: Config, file: &Path, form: Form) -> Result<(), Failure> {
    let (mut writing, mut reading) = (Progress::new("Wrote "), Progress::new("Read back "));
    let made = back_up(config, file, |stage, done, all| match stage {
        Stage::Writing => writing.show(done, all),
        Stage::ReadingBack => reading.show(done, all),
    });
    let summary = made.await?;
    drop((writing, reading));
    if form.json {
        return print_json(&json!({ "file": file, "records": summary.records }));
    }
    print(&format!(
        "Made a backup of {} records in {} and read it back. It does not have the key: keep a copy of that too.",
        grouped(summary.records),
        file.display()
    ))
}

async fn restore_backup(config: Config, file: &Path, form: Form) -> Result<(), Failure> {
    let place = match config.store.shared() {
        Some(settings) => settings.to_string(),
        None => config.data_dir.display().to_string(),
    };
    let mut progress = Progress::new("Checked and restored ");
    let Restored { header, dropped_emails } =
        restore(config, file, |done, all| progress.show(done, all)).await?;
    drop(progress);
    if form.json {
        let (records, made_at) = (header.records, header.made_at);
        return print_json(
            &json!({ "records": records, "made_at": made_at, "dropped_emails": dropped_emails }),
        );
    }
    let made_at =
        header.made_at.map_or_else(|| "a backup from before an upgrade".to_owned(), |at| minute(&at));
    print(&format!(
        "Restored {} records of {made_at} into {place}.\nEveryone is signed out, all links and codes are void, and email that \
         was waiting is dropped ({}).",
        grouped(header.records),
        grouped(dropped_emails as u64)
    ))
}

async fn move_to(config: Config, file: &Path, form: Form) -> Result<(), Failure> {
    let target = moving::target(file)?;
    let mut stages = ["Verified ", "Copied ", "Compared "].map(Progress::new);
    let moved = move_store(config, target, |stage, done, all| stages[stage as usize].show(done, all));
    let Moved { from, to, records } = moved.await?;
    drop(stages);
    if form.json {
        return print_json(&json!({ "from": from, "to": to, "records": records }));
    }
    let done = match records {
        Some(records) => format!("Moved {} records to {to}.", grouped(records)),
        None => format!("The database was moved to {to} already."),
    };
    print(&format!(
        "{done}\nStart the servers with {} now. The old database stays as it is and refuses to be used: {from}.",
        file.display()
    ))
}
