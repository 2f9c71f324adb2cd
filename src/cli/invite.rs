//! `gatepost account invite`.

use clap::{Args, ValueHint};
use serde_json::json;

use super::print::{Form, grouped, print, print_json};
use super::progress::Progress;
use crate::app::Failure;
use crate::app::operator::{InvitationList, Operator};
use crate::config::Config;
use crate::domain::operator::Invited;
use crate::world;

/// Who is invited.
#[derive(Args)]
pub(super) struct Invite {
    /// Email address, file with one address per line, or - for standard input
    #[arg(required = true, value_name = "ADDRESS|FILE|-", value_hint = ValueHint::AnyPath)]
    who: Vec<String>,
    #[command(flatten)]
    form: Form,
}

impl Invite {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        // The whole list is checked before anything is opened or created.
        let list = InvitationList::check(&self.who, &mut std::io::stdin().lock())?;
        let operator = Operator::reach(config, world::real()).await?;
        let mut progress = Progress::new("");
        let all = list.count() as u64;
        let invited = list.invite(&operator, |done| progress.show(done as u64, all)).await;
        drop(progress);
        let left = operator.leave().await;
        let Invited { invited, known, held } = invited?;
        left?;
        if self.form.json {
            return print_json(&json!({ "invited": invited, "already_there": known, "held": held }));
        }
        print(&format!(
            "Invited {}, skipped {} (already exist).",
            grouped(invited as u64),
            grouped(known as u64)
        ))?;
        if held > 0 {
            let held = grouped(held as u64);
            print(&format!(
                "Skipped {held}: the address is reserved for a week by an account that changed it."
            ))?;
        }
        Ok(())
    }
}
