//! Sends the emails that are queued in the outbox.
//!
//! | file | what it owns |
//! | --- | --- |
//! | `worker` | when each email is claimed |
//! | `reserve` | emails that are claimed and wait for a place |
//! | `sending` | when each of them is sent, and what happens to it then |
//! | `attempt` | one attempt to send one email |
//! | `lanes` | the places for attempts: slow ones do not keep others waiting |
//! | `gate` | after a failure of the mail server, one attempt is made for all emails |
//! | `rate` | how many emails are sent in a minute |
//! | `words` | what each email says, as text and as HTML |
//! | `message` | an email as a MIME message |
//! | `carrier` | how an email leaves: one of the next two |
//! | `smtp` | the conversation with a mail server |
//! | `sendmail` | the `sendmail` program of this machine |
//! | `outcome` | how an attempt ended, in a sentence for the operator |
//! | `report` | the lines in the log |
//! | `mailbox` | emails that are shown instead of sent |
//! | `settings` | what the operator configures about mail, parsed strictly |
//! | `timeouts` | the time limits of sending |
//! | `trial` | one email sent at once, to see whether mail works |

mod attempt;
mod carrier;
mod gate;
mod lanes;
mod mailbox;
mod message;
mod outcome;
mod rate;
mod report;
mod reserve;
mod sending;
mod sendmail;
mod settings;
mod smtp;
mod timeouts;
mod trial;
mod words;
mod worker;

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;

pub use self::mailbox::RecentLetters;
pub use self::sendmail::SendmailSettings;
pub use self::settings::{Sender, SenderError, SmtpServer, SmtpServerError};
pub use self::smtp::{SmtpSettings, TrialStep, certificate_authorities, greeting};
pub use self::timeouts::Timeouts;
pub use self::trial::TrialError;

use self::carrier::Carrier;
use self::sendmail::Sendmail;
use self::smtp::Smtp;
use self::words::Product;
use crate::path::Origin;

/// The settings that sending depends on.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Where emails go.
    pub transport: TransportSettings,
    /// The `From` of every email.
    pub from: Sender,
    /// Where links lead. No other URL appears in an email.
    pub public_url: Origin,
    /// The product's name.
    pub name: String,
    /// How many emails are sent at once; at least one.
    pub connections: usize,
    /// How many emails are sent in a minute at most; zero for no limit.
    pub per_minute: usize,
    /// The time limits of sending.
    pub timeouts: Timeouts,
}

/// Where emails go.
#[derive(Clone, Debug)]
pub enum TransportSettings {
    /// Nowhere: they are kept and shown.
    Mailbox(Arc<RecentLetters>),
    /// To a mail server.
    Smtp(SmtpSettings),
    /// To the `sendmail` program of this machine.
    Sendmail(SendmailSettings),
}

/// Everything that sends email. `run` does it until it is stopped.
pub struct MailRoom {
    transport: Transport,
    from: Sender,
    product: ArcSwap<Product>,
    connections: usize,
    per_minute: usize,
    timeouts: Timeouts,
}

enum Transport {
    Mailbox(Arc<RecentLetters>),
    Carrier(Carrier),
}

impl MailRoom {
    /// Prepares everything without connecting, so that the server starts even if the mail server is
    /// down.
    #[must_use]
    pub fn new(settings: MailSettings) -> Self {
        let MailSettings { transport, from, public_url, name, connections, per_minute, timeouts } = settings;
        let transport = match transport {
            TransportSettings::Mailbox(letters) => Transport::Mailbox(letters),
            TransportSettings::Smtp(smtp) => {
                Transport::Carrier(Carrier::Smtp(Box::new(Smtp::new(smtp, &public_url, timeouts))))
            }
            TransportSettings::Sendmail(sendmail) => {
                Transport::Carrier(Carrier::Sendmail(Sendmail::new(sendmail, timeouts)))
            }
        };
        let product = ArcSwap::from_pointee(Product { name, origin: public_url });
        Self { transport, from, product, connections: connections.max(1), per_minute, timeouts }
    }

    /// The name of the product in every email that is written from now on.
    pub fn rename(&self, name: String) {
        let origin = self.product.load().origin.clone();
        self.product.store(Arc::new(Product { name, origin }));
    }
}

impl fmt::Debug for MailRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailRoom")
    }
}
