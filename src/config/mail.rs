//! The `[mail]` section: how email is sent.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::source::Sources;
use crate::mail::{Sender, SmtpServer};
use crate::path;

/// The most emails a minute that can be configured: when each began is remembered.
const MOST_PER_MINUTE: usize = 60_000;

/// How email is sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The transport.
    pub transport: Transport,
    /// The sender of all emails.
    pub from: Sender,
    /// How many emails are sent at once, each over its own connection or by its own program.
    pub connections: usize,
    /// How many emails are sent in a minute at most; zero for no limit.
    pub per_minute: usize,
}

/// The ways to send an email.
#[derive(Clone, Debug)]
pub enum Transport {
    /// Not at all: emails are shown on the mailbox page.
    Mailbox,
    /// Through a mail server.
    Smtp(SmtpServer),
    /// With the machine's own `sendmail` program.
    Sendmail,
}

/// The value of `mail.transport`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Mailbox,
    Smtp,
    Sendmail,
}

impl Mail {
    pub(super) fn read(sources: &mut Sources) -> Self {
        let way = sources.text("mail.transport", read_way).unwrap_or(Way::Mailbox);
        let server = read_server(sources);
        sources.contradiction(
            &["mail.transport", "mail.smtp_url"],
            way == Way::Smtp && server.is_none(),
            "transport \"smtp\" needs mail.smtp_url",
        );
        sources.warn(
            &["mail.transport"],
            way != Way::Smtp && server.is_some(),
            "mail.smtp_url has no effect because mail.transport is not \"smtp\"",
        );
        let doubt = server.as_ref().and_then(SmtpServer::doubt);
        sources.warn(&["mail.smtp_url"], doubt.is_some(), doubt.unwrap_or_default());
        let from = sources.text("mail.from", |text| Sender::parse(text).map_err(|error| error.to_string()));
        Self {
            transport: match (way, server) {
                (Way::Mailbox, _) => Transport::Mailbox,
                (Way::Smtp, Some(server)) => Transport::Smtp(server),
                // A server that is missing or invalid has been reported, so this configuration is never
                // used. Anything but the mailbox, which contradicts other settings and would be reported
                // as if it had been asked for.
                (Way::Sendmail | Way::Smtp, _) => Transport::Sendmail,
            },
            from: from.unwrap_or_else(default_from),
            connections: sources.number("mail.connections", 1..=64).unwrap_or(4),
            per_minute: sources.number("mail.per_minute", 0..=MOST_PER_MINUTE).unwrap_or(0),
        }
    }
}

/// The folders in which the system looks for programs.
#[expect(clippy::disallowed_methods, reason = "config reads the environment")]
#[must_use]
pub fn program_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The default sender, an address that no other machine can reply to.
pub(super) fn default_from() -> Sender {
    Sender::parse("Gatepost <gatepost@localhost>").expect("this is a sender")
}

fn read_way(text: &str) -> Result<Way, String> {
    match text {
        "mailbox" => Ok(Way::Mailbox),
        "smtp" => Ok(Way::Smtp),
        "sendmail" => Ok(Way::Sendmail),
        _ => Err("must be \"mailbox\", \"smtp\" or \"sendmail\"".into()),
    }
}

/// The mail server with its login.
fn read_server(sources: &mut Sources) -> Option<SmtpServer> {
    let url = |text: &str| SmtpServer::parse(text).map_err(|error| error.to_string());
    let server = sources.optional("mail.smtp_url", url);
    let user = sources.optional("mail.smtp_user", |text| Ok(text.to_owned()));
    let password: Option<Zeroizing<String>> = sources.secret("mail.smtp_password", "mail.smtp_password_file");
    sources.contradiction(
        &["mail.smtp_user", "mail.smtp_password", "mail.smtp_password_file"],
        user.is_some() != password.is_some(),
        "set both mail.smtp_user and mail.smtp_password, or neither",
    );
    let (Some(user), Some(password), Some(plain)) = (user, password, server.clone()) else { return server };
    match plain.with_login(&user, &password) {
        Ok(server) => Some(server),
        Err(error) => {
            let keys = ["mail.smtp_url", "mail.smtp_user", "mail.smtp_password"];
            sources.contradiction(&keys, true, &error.to_string());
            server
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mailbox => write!(f, "shown on {}", path::MAILBOX),
            Self::Smtp(server) => write!(f, "sent through {server}"),
            Self::Sendmail => f.write_str("sent with sendmail"),
        }
    }
}
