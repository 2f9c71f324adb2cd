//! What happened: written in the commit of its act, kept in the store, told in the log.

use std::net::IpAddr;

use crate::domain::record::client::Client;
use crate::domain::record::ids::AccountId;
use crate::domain::record::time::Timestamp;

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
    /// Somebody was signed in, by a request or by a password.
    SignedIn,
    /// A password was refused: wrong, or not yet good for anything.
    PasswordRefused,
    /// Password changed.
    PasswordChanged,
    /// The password was removed.
    PasswordRemoved,
    /// A forgotten password was replaced.
    PasswordReset,
    /// The current password was wrong, so nothing was changed.
    PasswordChangeRefused,
    /// The address was changed.
    EmailChanged,
    /// The old address was restored.
    EmailRestored,
    /// A change of address was called off.
    EmailChangeCancelled,
    /// Who is signed in has proven it once more.
    Reauthenticated,
    /// A session was ended by another.
    SessionEnded,
    /// All other devices were signed out.
    OthersSignedOut,
    /// The account was deleted.
    AccountDeleted,
    /// The operator shut the account.
    AccountDisabled,
    /// The operator opened it again.
    AccountEnabled,
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
    /// All sessions were ended by the operator.
    AllSignedOut,
}

impl EventName {
    /// The name on the wire and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn | Self::Reauthenticated => "authn_login_success",
            Self::Registered => "registered",
            Self::AccountConfirmed | Self::AccountAdded => "user_created",
            Self::MailRequested | Self::LinkHandedOut => "authn_token_created",
            Self::PasswordChanged | Self::PasswordRemoved | Self::PasswordReset => "authn_password_change",
            Self::PasswordChangeRefused => "authn_password_change_fail",
            Self::EmailChanged | Self::EmailRestored | Self::EmailChangeCancelled => "user_updated",
            Self::AccountDeleted => "user_deleted",
            Self::AccountDisabled => "authn_login_lock",
            Self::AccountEnabled => "authn_login_unlock",
            Self::AdminGranted | Self::AdminRevoked => "privilege_permissions_changed",
            Self::WrongCode | Self::PasswordRefused => "authn_login_fail",
            Self::SignedOut | Self::SessionEnded | Self::OthersSignedOut | Self::AllSignedOut => {
                "session_ended"
            }
            Self::MailSent => "mail_sent",
            Self::MailFailed => "mail_failed",
            Self::MailDropped => "mail_dropped",
        }
    }
}

impl EventName {
    /// What happened, to the person it happened to.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::MailRequested => "An email was requested.",
            Self::Registered => "Registered.",
            Self::AccountConfirmed => "Email address confirmed. Account created.",
            Self::SignedIn => "Signed in.",
            Self::WrongCode => "Wrong code entered.",
            Self::PasswordRefused => "Wrong password entered.",
            Self::PasswordChanged => "Password changed.",
            Self::PasswordRemoved => "Password removed.",
            Self::PasswordReset => "Password reset.",
            Self::PasswordChangeRefused => "Password change refused: wrong current password.",
            Self::EmailChanged => "Email address changed.",
            Self::EmailRestored => "Previous email address restored.",
            Self::EmailChangeCancelled => "Email change cancelled.",
            Self::Reauthenticated => "Identity confirmed.",
            Self::SessionEnded => "A device was signed out.",
            Self::OthersSignedOut => "All other devices were signed out.",
            Self::AllSignedOut => "Signed out everywhere by the administrator.",
            Self::SignedOut => "Signed out.",
            Self::AccountDeleted => "Account deleted.",
            Self::AccountDisabled => "Disabled by the administrator.",
            Self::AccountEnabled => "Re-enabled by the administrator.",
            Self::AccountAdded => "Created by the administrator.",
            Self::LinkHandedOut => "Sign-in link created by the administrator.",
            Self::AdminGranted => "Admin rights granted.",
            Self::AdminRevoked => "Admin rights removed.",
            Self::MailSent => "An email was sent.",
            Self::MailFailed => "An email could not be delivered.",
            Self::MailDropped => "An email was not sent: no longer needed.",
        }
    }

    /// Whether it is that something was refused.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::WrongCode
                | Self::PasswordRefused
                | Self::PasswordChangeRefused
                | Self::MailFailed
                | Self::MailDropped
        )
    }
}

impl Event {
    /// `name` happened now, caused by `client`.
    #[must_use]
    pub fn new(at: Timestamp, name: EventName, account: Option<AccountId>, client: &Client) -> Self {
        Self { at, name, account, ip: client.ip, device: client.device() }
    }

    /// Tells the log.
    pub(in crate::domain) fn log(&self, request_id: &str) {
        let account = self.account.map(|id| id.to_string());
        let event = self.name.as_str();
        if request_id == Client::NO_REQUEST {
            tracing::info!(event, account.id = account);
        } else {
            tracing::info!(event, account.id = account, client.ip = %self.ip, request.id = request_id);
        }
    }
}
