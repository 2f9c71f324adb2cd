//! The mail room: sends the letters the domain owes.
//!
//! | file | what it owns |
//! | --- | --- |
//! | `worker` | which letter is sent when, and what becomes of it |
//! | `words` | what each letter says, once for text and HTML |
//! | `message` | a letter as a MIME message |
//! | `carrier` | who takes letters: one of the two that follow |
//! | `smtp` | the conversation with the mail server |
//! | `sendmail` | the program of this machine that takes letters |
//! | `mailbox` | the letters that are shown instead of sent |
//! | `settings` | what an operator says about mail, read strictly |
//! | `trial` | one letter sent right now, to see whether mail works |

mod carrier;
mod mailbox;
mod message;
mod sendmail;
mod settings;
mod smtp;
mod trial;
mod words;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::mailbox::RecentLetters;
pub use self::sendmail::SendmailSettings;
pub use self::settings::{Sender, SenderError, SmtpServer, SmtpServerError};
pub use self::smtp::SmtpSettings;
pub use self::trial::TrialError;

use self::carrier::Carrier;
use self::sendmail::Sendmail;
use self::smtp::Smtp;
use self::words::House;
use crate::path::Origin;

/// What of the configuration the mail room works by.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Where letters go.
    pub transport: TransportSettings,
    /// Who they are from.
    pub from: Sender,
    /// Where links lead: the one source of every address in a letter.
    pub public_url: Origin,
    /// The product's name.
    pub name: String,
    /// How many letters are sent at once; at least one.
    pub connections: usize,
    /// How long to wait for whom.
    pub patience: Patience,
}

/// Where letters go.
#[derive(Clone, Debug)]
pub enum TransportSettings {
    /// Nowhere: they are kept to be looked at.
    Mailbox(Arc<RecentLetters>),
    /// To a mail server.
    Smtp(SmtpSettings),
    /// To the machine's own `sendmail` program.
    Sendmail(SendmailSettings),
}

/// How long the mail room waits. The defaults are those of production; tests have less of it.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one step of a conversation with the mail server.
    pub step: Duration,
    /// For the whole conversation about one letter, or for the program that takes it.
    pub whole: Duration,
    /// Before a connection that nobody needs is closed.
    pub idle: Duration,
    /// Before the store is asked again after it failed.
    pub store: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            step: Duration::from_secs(30),
            whole: Duration::from_mins(2),
            idle: Duration::from_mins(1),
            store: Duration::from_secs(1),
        }
    }
}

/// The mail room. `run` is its work; everything else is a question to it.
pub struct MailRoom {
    transport: Transport,
    from: Sender,
    house: House,
    connections: usize,
    patience: Patience,
}

enum Transport {
    Mailbox(Arc<RecentLetters>),
    Carrier(Carrier),
}

impl MailRoom {
    /// Furnishes the room. Speaks with nobody yet, so a mail server that is down hinders no start.
    #[must_use]
    pub fn new(settings: MailSettings) -> Self {
        let MailSettings { transport, from, public_url, name, connections, patience } = settings;
        let transport = match transport {
            TransportSettings::Mailbox(letters) => Transport::Mailbox(letters),
            TransportSettings::Smtp(smtp) => {
                Transport::Carrier(Carrier::Smtp(Box::new(Smtp::new(smtp, &public_url, patience))))
            }
            TransportSettings::Sendmail(sendmail) => {
                Transport::Carrier(Carrier::Sendmail(Sendmail::new(sendmail, patience.whole)))
            }
        };
        let house = House { name, origin: public_url };
        Self { transport, from, house, connections: connections.max(1), patience }
    }
}

impl fmt::Debug for MailRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailRoom")
    }
}
