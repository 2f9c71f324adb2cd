//! The commands about accounts. Each finds whoever has the store, a running server or else itself.

use std::io;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::print::{Form, List, grouped, print, print_account, print_json, print_link};
use crate::app::Failure;
use crate::app::operator::{Answer, ImportFile, Missing, Operator, OperatorError, Order, Treatment};
use crate::config::Config;
use crate::domain::operator::Imported;
use crate::domain::operator::Role;
use crate::domain::record::address::EmailAddress;
use crate::world;

/// How many accounts are taken over between two lines that say how far it is.
const PROGRESS: usize = 5_000;

#[derive(Subcommand)]
pub(super) enum AccountCommand {
    /// Make a confirmed account, and print a link that signs in to it once
    Add {
        /// Whose
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        /// Make it an admin
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        form: Form,
    },
    /// List all accounts in the order of their addresses
    List {
        #[command(flatten)]
        form: Form,
    },
    /// Show one account
    Show {
        /// Whose
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        #[command(flatten)]
        form: Form,
    },
    /// Print a link that signs in to an account once
    Link {
        /// Whose
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        #[command(flatten)]
        form: Form,
    },
    /// Shut an account: nobody signs in to it, and whoever is signed in is not any more
    Disable {
        /// Whose
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        #[command(flatten)]
        form: Form,
    },
    /// Open an account that was shut
    Enable {
        /// Whose
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        #[command(flatten)]
        form: Form,
    },
    /// End all sessions of an account
    SignOut {
        /// Whose
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        #[command(flatten)]
        form: Form,
    },
    /// Delete an account for ever, and print what it was; its person is told by mail
    Delete {
        /// Whose
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        #[command(flatten)]
        form: Form,
    },
    /// Take over accounts that lived elsewhere: all of a file, or nothing if a line of it is wrong
    ///
    /// Each line is a JSON object. `email` has to be there; `registered_at`, `confirmed_at` (RFC 3339),
    /// `admin`, `disabled` (true or false) and `password_hash` (Argon2id, as a PHC string) may be. An
    /// address that has an account already is passed over, so the same file can be imported again.
    Import {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Subcommand)]
pub(super) enum AdminCommand {
    /// Make somebody an admin
    Grant {
        /// Whom
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        #[command(flatten)]
        form: Form,
    },
    /// Make an admin nobody special
    Revoke {
        /// Whom
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        #[command(flatten)]
        form: Form,
    },
}

impl AccountCommand {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        match self {
            Self::Add { address, admin, form } => {
                let role = if admin { Role::Admin } else { Role::Member };
                let order = Order::AddAccount { email: address.to_string(), role };
                answer(config, Missing::Make, order, form).await
            }
            Self::List { form } => list(config, form).await,
            Self::Show { address, form } => {
                let order = Order::ShowAccount { email: address.to_string() };
                answer(config, Missing::Refuse, order, form).await
            }
            Self::Link { address, form } => {
                let order = Order::HandOutLink { email: address.to_string() };
                answer(config, Missing::Refuse, order, form).await
            }
            Self::Disable { address, form } => treat(config, &address, Treatment::Disable, form).await,
            Self::Enable { address, form } => treat(config, &address, Treatment::Enable, form).await,
            Self::SignOut { address, form } => treat(config, &address, Treatment::SignOut, form).await,
            Self::Delete { address, form } => treat(config, &address, Treatment::Delete, form).await,
            Self::Import { file, form } => import(config, &file, form).await,
        }
    }
}

impl AdminCommand {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        let (address, role, form) = match self {
            Self::Grant { address, form } => (address, Role::Admin, form),
            Self::Revoke { address, form } => (address, Role::Member, form),
        };
        let order = Order::SetRole { email: address.to_string(), role };
        answer(config, Missing::Refuse, order, form).await
    }
}

async fn treat(
    config: Config,
    address: &EmailAddress,
    treatment: Treatment,
    form: Form,
) -> Result<(), Failure> {
    answer(config, Missing::Refuse, Order::Treat { email: address.to_string(), treatment }, form).await
}

/// Has one order obeyed, and answers with what came of it.
async fn answer(config: Config, missing: Missing, order: Order, form: Form) -> Result<(), Failure> {
    let operator = Operator::reach(config, world::real(), missing).await?;
    let answer = operator.order(order).await;
    operator.leave().await;
    match answer? {
        Answer::Account(account) => print_account(&account, form),
        Answer::Link(link) => print_link(&link, form),
        _ => Err(OperatorError::OtherAnswer.into()),
    }
}

async fn list(config: Config, form: Form) -> Result<(), Failure> {
    let operator = Operator::reach(config, world::real(), Missing::Refuse).await?;
    let listed = list_all(&operator, form).await;
    operator.leave().await;
    match listed {
        // Who has seen enough (`| head`) is content.
        Err(Failure::System(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        listed => listed,
    }
}

async fn list_all(operator: &Operator, form: Form) -> Result<(), Failure> {
    let mut list = List::new(form);
    let mut after = None;
    loop {
        let answer = operator.order(Order::ListAccounts { after }).await?;
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
    // Before anything is opened or made.
    let file = ImportFile::check(file, begun)?;
    let all = file.rows();
    let operator = Operator::reach(config, world.clone(), Missing::Make).await?;
    let progress = |before: usize, done: usize| {
        if before / PROGRESS != done / PROGRESS && done < all {
            eprintln!("{} of {}", grouped(done), grouped(all));
        }
    };
    let imported = file.import(&operator, progress).await;
    operator.leave().await;
    let Imported { added, known, held } = imported?;
    if form.json {
        return print_json(&json!({"imported": added, "already_there": known, "held": held}));
    }
    let seconds = world.now().since(begun).as_secs();
    print(&format!("{} imported, {} were there already, in {seconds} s.", grouped(added), grouped(known)))?;
    match held {
        0 => Ok(()),
        _ => print(&format!(
            "{} not imported: an account that changed its address may have it back for a week.",
            grouped(held)
        )),
    }
}
