//! The commands about keys.

use clap::Subcommand;

use super::print::{Form, print, print_json};
use crate::app::operator::{Answer, Opening, Operator, Order, Retired, Rotated};
use crate::app::{Failure, OperatorError};
use crate::config::Config;
use crate::domain::operator::KeyUses;
use crate::world;

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// List the keys, newest first, and what still depends on each
    List {
        #[command(flatten)]
        form: Form,
    },
    /// Add a key for everything new; older keys still work until you retire them
    ///
    /// The key file is rewritten, and a running server uses the new key at once. If the keys are in
    /// `GATEPOST_KEY`, or the key file cannot be written, the command prints the line to put there.
    ///
    /// If servers share a database, the new key only opens at first, so that no server seals what
    /// another one cannot open. Copy the key file to all servers, which read it by themselves. Run
    /// the command again to see which ones lack the key, and with `--seal` once none does.
    #[command(verbatim_doc_comment)]
    Rotate {
        /// Use the key that was added before for everything new
        #[arg(long)]
        seal: bool,
        #[command(flatten)]
        form: Form,
    },
    /// Retire an old key: links and sessions that it sealed no longer work
    ///
    /// Refused while passwords, sessions or links still depend on the key. A password moves to the
    /// newest key when its owner signs in with it. With `--force`, passwords of the retired key count
    /// as none: their owners sign in by email and can choose new ones.
    ///
    /// If servers share a database, the key file is to be copied to all of them. The command exits
    /// with 1 and names the ones that still have the key; run it again to see that none does.
    #[command(verbatim_doc_comment)]
    Retire {
        /// The number of the key, as in `key list`
        key: u8,
        /// Retire it even if something still depends on it
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        form: Form,
    },
}

impl KeyCommand {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        let (order, form) = match self {
            Self::List { form } => (Order::ListKeys {}, form),
            Self::Rotate { seal, form } => (Order::RotateKey { seal }, form),
            Self::Retire { key, force, form } => (Order::RetireKey { key, force }, form),
        };
        let operator = Operator::reach(config, world::real()).await?;
        let answer = operator.order(order).await;
        let left = operator.leave().await;
        let answer = answer?;
        left?;
        match answer {
            Answer::Keys(keys) => list(&keys, form),
            Answer::Rotated(rotated) => {
                if form.json {
                    print_json(&rotated)?;
                } else {
                    print(&rotated_in_words(&rotated))?;
                }
                let Rotated { key, place, reason, opening, .. } = rotated;
                if let Some(reason) = reason {
                    return Err(OperatorError::NotRotated { place, reason }.into());
                }
                match opening {
                    Some(Opening { is_new: false, lacking }) if !lacking.is_empty() => {
                        Err(OperatorError::KeyLacking { key, place, nodes: lacking.join(", ") }.into())
                    }
                    _ => Ok(()),
                }
            }
            Answer::Retired(retired) => {
                if form.json {
                    print_json(&retired)?;
                } else {
                    print(&retired_in_words(&retired))?;
                }
                let Retired { key, place, nodes, .. } = retired;
                match nodes.filter(|nodes| !nodes.is_empty()) {
                    Some(nodes) => Err(OperatorError::KeyLeft { key, place, nodes: nodes.join(", ") }.into()),
                    None => Ok(()),
                }
            }
            _ => Err(OperatorError::OtherAnswer.into()),
        }
    }
}

fn list(keys: &[KeyUses], form: Form) -> Result<(), Failure> {
    if form.json {
        return keys.iter().try_for_each(print_json);
    }
    let mut lines = vec!["KEY  SEALS  PASSWORDS   SESSIONS      LINKS   APP KEYS".to_owned()];
    for KeyUses { key, seals, passwords, sessions, links, app_keys } in keys {
        let seals = if *seals { "yes" } else { "no" };
        lines.push(format!("{key:<3}  {seals:<5}  {passwords:>9}  {sessions:>9}  {links:>9}  {app_keys:>9}"));
    }
    print(&lines.join("\n"))
}

fn rotated_in_words(Rotated { key, place, line, reason, opening }: &Rotated) -> String {
    if let Some(Opening { is_new, lacking }) = opening {
        let first = if *is_new { "was added to" } else { "is in" };
        let next = if lacking.is_empty() {
            "No other server lacks it. Run `gatepost key rotate --seal`, and it is used for everything new."
                .to_owned()
        } else {
            format!(
                "Copy {place} to these servers, which read it by themselves, then run the same command again: {}",
                lacking.join(", ")
            )
        };
        return format!("Key {key} {first} {place}, and only opens so far. {next}");
    }
    match (line, reason) {
        (None, _) => format!(
            "Key {key} is used for everything new from now on. Older keys still work until you retire them.\n\
             Keep a copy of {place}: without it, the database can't be used."
        ),
        (Some(line), Some(_)) => format!(
            "Put this line before the first one of {place}, then run the same command again or restart the \
             server:\n{line}"
        ),
        (Some(line), None) => format!(
            "Nothing has changed yet: only you can change {place}. Put this before what it has now, with a comma in \
             between, then restart the server:\n{line}"
        ),
    }
}

fn retired_in_words(Retired { key, place, beginning, reason, nodes }: &Retired) -> String {
    match (beginning, reason) {
        (Some(beginning), Some(reason)) => format!(
            "Key {key} is retired and no longer used. It is still in {place} ({reason}): remove what begins with \
             `{beginning} `."
        ),
        _ if nodes.as_ref().is_some_and(Vec::is_empty) => {
            format!("Key {key} is retired, its line is not in {place}, and no other server has it.")
        }
        _ => format!("Key {key} is retired, and its line was removed from {place}."),
    }
}
