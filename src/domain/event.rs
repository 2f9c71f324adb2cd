//! What happened: written in the commit of its act, kept in the store, told in the log.

use std::net::IpAddr;

use super::client::Client;
use super::ids::AccountId;
use super::time::Timestamp;

/// One thing that happened. Holds no address, token, code or cookie.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub name: EventName,
    /// To whose account, where there is one.
    pub account: Option<AccountId>,
    /// From which client address.
    pub ip: IpAddr,
    /// From which device.
    pub device: String,
}

/// What can happen. The names on the wire and in the log are those of OWASP's Logging Vocabulary
/// where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum EventName {
    /// Somebody asked for a letter.
    MailRequested,
    /// Somebody registered an address that nobody was known under. Stays, whether it is ever confirmed
    /// or not.
    Registered,
    /// A request came to be used: an account was made by it.
    AccountConfirmed,
    /// A request came to be used: its account was signed in.
    SignedIn,
    /// A password was refused: wrong, or not yet good for anything.
    PasswordRefused,
    /// The operator made an account.
    AccountAdded,
    /// The operator handed out a link to sign in.
    LinkHandedOut,
    /// The operator made somebody an admin.
    AdminGranted,
    /// The operator made an admin nobody special.
    AdminRevoked,
    /// A wrong code was typed.
    WrongCode,
    /// A session was ended by its holder.
    SignedOut,
    /// The mail server has taken a letter.
    MailSent,
    /// The mail server will not take a letter, or took too long.
    MailFailed,
    /// A letter was not sent because what it speaks of is over.
    MailDropped,
}

impl EventName {
    /// The name on the wire and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "authn_login_success",
            Self::Registered => "registered",
            Self::AccountConfirmed | Self::AccountAdded => "user_created",
            Self::MailRequested | Self::LinkHandedOut => "authn_token_created",
            Self::AdminGranted | Self::AdminRevoked => "privilege_permissions_changed",
            Self::WrongCode | Self::PasswordRefused => "authn_login_fail",
            Self::SignedOut => "session_ended",
            Self::MailSent => "mail_sent",
            Self::MailFailed => "mail_failed",
            Self::MailDropped => "mail_dropped",
        }
    }
}

impl Event {
    /// `name` happened now, caused by `client`.
    #[must_use]
    pub fn new(at: Timestamp, name: EventName, account: Option<AccountId>, client: &Client) -> Self {
        Self { at, name, account, ip: client.ip, device: client.device() }
    }

    /// Tells the log.
    pub(super) fn tell(&self, request_id: &str) {
        let account = self.account.map(|id| id.to_string());
        let event = self.name.as_str();
        if request_id == Client::NOBODY {
            tracing::info!(event, account.id = account);
        } else {
            tracing::info!(event, account.id = account, client.ip = %self.ip, request.id = request_id);
        }
    }
}
