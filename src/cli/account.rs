//! The commands about accounts. Each is carried out by the running server, or by the command itself
//! if no server runs.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::print::{
    Form, List, grouped, print, print_account, print_emailed, print_json, print_link, print_next_admin,
    print_shown,
};
use super::progress::Progress;
use crate::app::operator::{Answer, ImportFile, Operator, Order, Treated, Treatment};
use crate::app::{Failure, OperatorError};
use crate::config::Config;
use crate::domain::operator::{AccountState, Imported, Role};
use crate::domain::record::address::EmailAddress;
use crate::world;

/// The account a command is about.
#[derive(Args)]
pub(super) struct Target {
    /// Email address of the account
    #[arg(value_parser = EmailAddress::parse)]
    address: EmailAddress,
    #[command(flatten)]
    form: Form,
}

/// The account of a command that may take away the last administrator.
#[derive(Args)]
pub(super) struct Forced {
    #[command(flatten)]
    target: Target,
    /// Do it even if no enabled administrator remains
    #[arg(long)]
    force: bool,
}

/// Which accounts are listed.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Listed {
    /// All accounts
    All,
    /// Accounts with admin rights
    Admin,
    /// Disabled accounts
    Disabled,
}

impl From<Listed> for AccountState {
    fn from(listed: Listed) -> Self {
        match listed {
            Listed::All => Self::All,
            Listed::Admin => Self::Admin,
            Listed::Disabled => Self::Disabled,
        }
    }
}

#[derive(Subcommand)]
pub(super) enum AccountCommand {
    /// Create a confirmed account and print a one-time sign-in link, or email it
    Add {
        #[command(flatten)]
        target: Target,
        /// Give it admin rights
        #[arg(long)]
        admin: bool,
        /// Email the link to the owner instead of printing it
        #[arg(long)]
        email: bool,
    },
    /// List accounts, ordered by email address
    List {
        /// Which accounts
        #[arg(long, default_value = "all")]
        state: Listed,
        #[command(flatten)]
        form: Form,
    },
    /// Show an account, and why its owner can't get in
    Show(Target),
    /// Print a one-time sign-in link for an account
    Link(Target),
    /// Disable an account and sign it out everywhere
    Disable(Forced),
    /// Re-enable an account
    Enable(Target),
    /// Sign an account out everywhere
    SignOut(Target),
    /// Delete an account permanently; its owner is notified by email
    Delete(Forced),
    /// Import accounts from a file; the whole file is checked first
    ///
    /// Each line is a JSON object. `email` is required. Optional are `registered_at` and
    /// `confirmed_at` (RFC 3339), `admin` and `disabled` (true or false), and `password_hash`
    /// (Argon2id, as a PHC string). Without `confirmed_at`, the account is confirmed now; a line
    /// with `confirmed_at: null` is skipped and counted. Addresses that already have an account
    /// are skipped, so you can import the same file again.
    #[command(verbatim_doc_comment)]
    Import {
        /// File with one account per line
        file: PathBuf,
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Subcommand)]
pub(super) enum AdminCommand {
    /// Grant admin rights
    Grant(Target),
    /// Revoke admin rights
    Revoke(Forced),
}

impl AccountCommand {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        match self {
            Self::Add { target: Target { address, form }, admin, email: by_email } => {
                let role = if admin { Role::Admin } else { Role::Member };
                let order = Order::AddAccount { email: address.to_string(), role, by_email };
                answer(config, order, form).await
            }
            Self::List { state, form } => list(config, state.into(), form).await,
            Self::Show(Target { address, form }) => {
                let order = Order::ShowAccount { email: address.to_string() };
                answer(config, order, form).await
            }
            Self::Link(Target { address, form }) => {
                let order = Order::HandOutLink { email: address.to_string() };
                answer(config, order, form).await
            }
            Self::Disable(Forced { target, force }) => {
                treat(config, &target, Treatment::Disable, force).await
            }
            Self::Enable(target) => treat(config, &target, Treatment::Enable, false).await,
            Self::SignOut(target) => treat(config, &target, Treatment::SignOut, false).await,
            Self::Delete(Forced { target, force }) => treat(config, &target, Treatment::Delete, force).await,
            Self::Import { file, form } => import(config, &file, form).await,
        }
    }
}

impl AdminCommand {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        let (Target { address, form }, role, force) = match self {
            Self::Grant(target) => (target, Role::Admin, false),
            Self::Revoke(Forced { target, force }) => (target, Role::Member, force),
        };
        let order = Order::SetRole { email: address.to_string(), role, force };
        answer(config, order, form).await
    }
}

async fn treat(config: Config, target: &Target, treatment: Treatment, force: bool) -> Result<(), Failure> {
    let order = Order::Treat { email: target.address.to_string(), treatment, force };
    match carry_out(config, order).await? {
        Answer::Treated(treated) if target.form.json => print_json(&treated.account),
        Answer::Treated(treated) => {
            print(&report(treatment, &treated))?;
            print_next_admin(&treated)
        }
        _ => Err(OperatorError::OtherAnswer.into()),
    }
}

/// Says in a sentence what was done to an account.
fn report(treatment: Treatment, treated: &Treated) -> String {
    let address = &treated.account.shown.email;
    let devices = match treated.ended_sessions {
        0 => None,
        1 => Some("1 device".to_owned()),
        count => Some(format!("{count} devices")),
    };
    match (treatment, devices) {
        (Treatment::Disable, _) if !treated.changed => format!("{address} is already disabled."),
        (Treatment::Disable, Some(devices)) => format!("Disabled {address} and signed it out on {devices}."),
        (Treatment::Disable, None) => format!("Disabled {address}. It was not signed in on any device."),
        (Treatment::Enable, _) if !treated.changed => format!("{address} is not disabled."),
        (Treatment::Enable, _) => format!("Enabled {address}."),
        (Treatment::SignOut, Some(devices)) => format!("Signed out {address} on {devices}."),
        (Treatment::SignOut, None) => format!("{address} was not signed in on any device."),
        (Treatment::Delete, _) => format!("Deleted {address} permanently. Its owner is notified by email."),
    }
}

async fn carry_out(config: Config, order: Order) -> Result<Answer, Failure> {
    let operator = Operator::reach(config, world::real()).await?;
    let answer = operator.order(order).await;
    // If the store failed, that says more than the answer.
    operator.leave().await?;
    answer
}

/// Has one order carried out and prints the account or the link.
async fn answer(config: Config, order: Order, form: Form) -> Result<(), Failure> {
    match carry_out(config, order).await? {
        Answer::Account(account) => print_account(&account, form),
        Answer::Shown(shown) => print_shown(&shown, form),
        Answer::Treated(Treated { account, .. }) if form.json => print_json(&account),
        Answer::Treated(treated) => {
            print_account(&treated.account, form)?;
            print_next_admin(&treated)
        }
        Answer::Link(link) => print_link(&link, form),
        Answer::Emailed(emailed) => print_emailed(&emailed, form),
        _ => Err(OperatorError::OtherAnswer.into()),
    }
}

async fn list(config: Config, state: AccountState, form: Form) -> Result<(), Failure> {
    let operator = Operator::reach(config, world::real()).await?;
    let listed = list_all(&operator, state, form).await;
    let left = operator.leave().await;
    match listed.and(left) {
        // A reader that closes the pipe early (`| head`) is not an error.
        Err(Failure::System(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        listed => listed,
    }
}

async fn list_all(operator: &Operator, state: AccountState, form: Form) -> Result<(), Failure> {
    let mut list = List::new(form, state);
    let mut after = None;
    loop {
        let answer = operator.order(Order::ListAccounts { after, state }).await?;
        let Answer::Accounts { accounts, next } = answer else {
            return Err(OperatorError::OtherAnswer.into());
        };
        list.page(&accounts)?;
        if next.is_none() {
            return Ok(list.end()?);
        }
        after = next;
    }
}

async fn import(config: Config, file: &Path, form: Form) -> Result<(), Failure> {
    let world = world::real();
    let begun = world.now();
    // The file is checked before anything is opened or created.
    let file = ImportFile::check(file, begun)?;
    let all = file.rows();
    let operator = Operator::reach(config, world.clone()).await?;
    let mut progress = Progress::new("");
    let imported = file.import(&operator, |done| progress.show(done as u64, all as u64)).await;
    drop(progress);
    let left = operator.leave().await;
    let Imported { added, known, held, unconfirmed, cheap } = imported?;
    left?;
    if form.json {
        return print_json(&json!({
            "imported": added, "already_there": known, "held": held, "unconfirmed": unconfirmed,
            "cheap_hashes": cheap,
        }));
    }
    let seconds = world.now().since(begun).as_secs();
    print(&format!(
        "Imported {}, skipped {} (already exist), {seconds} s.",
        grouped(added as u64),
        grouped(known as u64)
    ))?;
    for (count, sentence) in [
        (held, "Skipped {}: the address is reserved for a week by an account that changed it."),
        (unconfirmed, "Skipped {}: no one confirmed the address (`confirmed_at` is null)."),
        (
            cheap,
            "Warning: password hashes that are cheap to guess (`m` times `t` below 7168): {}. Each is replaced at its \
             owner's next sign-in.",
        ),
    ] {
        if count > 0 {
            print(&sentence.replace("{}", &grouped(count as u64)))?;
        }
    }
    Ok(())
}
