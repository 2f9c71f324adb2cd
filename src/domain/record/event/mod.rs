//! Events: written in the commit of their action, kept in the store, and logged. Refusals that change
//! nothing are logged too, but only counted in the store (`refusals`).
//!
//! - `name`: what can happen
//! - `means`: what someone acts with

mod means;
mod name;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

pub use self::means::Means;
pub use self::name::EventName;
use crate::domain::record::client::{Client, Doer};
use crate::domain::record::ids::AccountId;
use crate::domain::record::letter::{Letter, LetterKind};
use crate::domain::record::time::Timestamp;

/// Something that happened. Contains no address, token, code or cookie.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub name: EventName,
    /// The account it happened to, if there is one.
    pub account: Option<AccountId>,
    /// Who did it.
    pub by: Doer,
    /// What they did it with. Nothing where anyone could have done it.
    pub means: Option<Means>,
    /// How long it took: an email from its request to its end or first delay, an account from its request to its
    /// confirmation.
    pub took: Option<Duration>,
    /// The email whose end or delay this is.
    pub email: Option<EndedEmail>,
    /// The client's address.
    pub ip: IpAddr,
    /// The client's device.
    pub device: String,
}

/// Which email has ended or is delayed, without its recipient.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EndedEmail {
    /// What it said.
    pub kind: LetterKind,
    /// The recipient's domain if it could not be delivered, since mail hosts refuse by domain.
    pub domain: Option<String>,
}

impl Event {
    /// An event caused by `client`.
    #[must_use]
    pub fn new(at: Timestamp, name: EventName, account: Option<AccountId>, client: &Client) -> Self {
        let by = client.by;
        let means = match by {
            // Only someone signed in requests an email for an account.
            Doer::Person if name == EventName::MailRequested => account.map(|_| Means::Session),
            Doer::Person => name.usual_means(),
            Doer::Admin(_) => Some(Means::Session),
            Doer::Operator => Some(Means::Command),
            Doer::Server => None,
        };
        let (ip, device) = (client.ip, client.device());
        Self { at, name, account, by, means, took: None, email: None, ip, device }
    }

    /// The same, done with these means.
    #[must_use]
    pub fn with(self, means: impl Into<Means>) -> Self {
        Self { means: Some(means.into()), ..self }
    }

    /// The same, begun at this time.
    #[must_use]
    pub fn begun_at(self, begun_at: Timestamp) -> Self {
        Self { took: Some(self.at.since(begun_at)), ..self }
    }

    /// The same, as the end or the delay of this email.
    #[must_use]
    pub fn of_letter(self, letter: &Letter) -> Self {
        let domain = (self.name == EventName::MailFailed).then(|| letter.to.domain().to_owned());
        let email = Some(EndedEmail { kind: letter.kind, domain });
        Self { email, ..self }.begun_at(letter.queued_at)
    }

    /// The same for no one: what is left of an event once its account is deleted.
    #[must_use]
    pub fn of_no_one(self) -> Self {
        let ip = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Self { account: None, ip, device: String::new(), ..self }
    }

    /// Writes the event to the log. `emails` are the ids of the emails that its commit queues or ends: the lines
    /// about sending them have the same ids, even after a restart.
    pub(in crate::domain) fn log(&self, request_id: &str, emails: Option<&str>) {
        let event = self.name.as_str();
        let account = self.account.map(|id| id.to_string());
        let by = self.by.as_str();
        let admin = match self.by {
            Doer::Admin(id) => Some(id.to_string()),
            _ => None,
        };
        let means = self.means.map(Means::as_str);
        let took = self.took.map(|took| took.as_secs_f64());
        let (accounts, admins) = match self.name {
            EventName::AccountsImported { accounts, admins } => (Some(accounts), Some(admins)),
            _ => (None, None),
        };
        let email = self.email.as_ref();
        let kind = email.map(|email| tracing::field::debug(email.kind));
        let domain = email.and_then(|email| email.domain.as_deref());
        if request_id == Client::NO_REQUEST {
            tracing::info!(
                event,
                by,
                means,
                account.id = account,
                letter.id = emails,
                email.kind = kind,
                email.domain = domain,
                accounts,
                admins,
                took_secs = took
            );
        } else {
            tracing::info!(
                event,
                by,
                admin.id = admin,
                means,
                account.id = account,
                letter.id = emails,
                email.kind = kind,
                took_secs = took,
                client.ip = %self.ip,
                request.id = request_id
            );
        }
    }
}
