//! The command that tests email.

use clap::Subcommand;
use serde_json::json;

use super::print::{Form, print, print_json};
use crate::app::{self, Failure};
use crate::config::Config;
use crate::config::mail::Transport;
use crate::domain::record::address::EmailAddress;
use crate::mail::TrialStep;

#[derive(Subcommand)]
pub(super) enum MailCommand {
    /// Send a test email and show what the mail server answers to each step
    ///
    /// Connects to the mail server of the configuration and sends one email, without the outbox. If
    /// a step fails, the last line says what is wrong and which setting to check. The login is never
    /// shown.
    #[command(verbatim_doc_comment)]
    Test {
        /// Recipient
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        #[command(flatten)]
        form: Form,
    },
}

impl MailCommand {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        let Self::Test { address, form } = self;
        let receiver = match config.mail.transport {
            Transport::Sendmail => "The sendmail program",
            Transport::Smtp(_) | Transport::Mailbox => "The mail server",
        };
        let (mut steps, mut printed) = (Vec::new(), Ok(()));
        let progress = |step: &TrialStep| {
            if form.json {
                steps.push(step.clone());
            } else if printed.is_ok() {
                printed = print(&in_words(step));
            }
        };
        let sent = app::send_test_letter(config, &address, progress).await;
        printed?;
        if form.json {
            let (reply, error) = (sent.as_ref().ok(), sent.as_ref().err().map(ToString::to_string));
            print_json(&json!({"accepted": sent.is_ok(), "reply": reply, "error": error, "steps": steps}))?;
            return sent.map(drop);
        }
        print(&format!("{receiver} accepted the message: {}", sent?))
    }
}

/// A step, with the answer below what was said.
fn in_words(TrialStep { step, said, answered }: &TrialStep) -> String {
    let answered = match &answered[..] {
        [] => vec!["(no answer)"],
        lines => lines.iter().map(String::as_str).collect(),
    };
    let lines = Some(said.as_str()).filter(|said| !said.is_empty()).into_iter().chain(answered);
    let names = std::iter::once(*step).chain(std::iter::repeat(""));
    names.zip(lines).map(|(name, line)| format!("{name:<9} {line}")).collect::<Vec<_>>().join("\n")
}
